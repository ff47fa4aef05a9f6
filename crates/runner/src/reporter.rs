//! Keeps the store and the work of one action in step while the work goes on.

use actiond_core::cluster::Progress;
use tokio::select;
use tokio::time::{Instant, sleep, sleep_until};

use crate::bell::Listener;
use crate::hold::{Answer, Hold, Pause};
use crate::meter::Meter;
use crate::order::{Order, Orders};
use crate::settings::RunnerSettings;

/// Writes progress, renews the lease, and hears of cancels and of the loss of the action.
pub(crate) struct Reporter<'a> {
    hold: &'a mut Hold,
    meter: &'a Meter,
    orders: &'a Orders,
    listener: Listener,
    settings: &'a RunnerSettings,
    written: Progress,
    write_at: Instant,
    pause: Pause,
}

/// A reason to call the store.
#[derive(Clone, Copy)]
enum Call {
    Renew,
    Advance(Progress),
    Look,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(
        hold: &'a mut Hold,
        meter: &'a Meter,
        orders: &'a Orders,
        listener: Listener,
        settings: &'a RunnerSettings,
    ) -> Self {
        let (written, write_at, pause) = (Progress::ZERO, Instant::now(), Pause::new());
        Self { hold, meter, orders, listener, settings, written, write_at, pause }
    }

    /// Reports until the action is not this runner's any more.
    pub(crate) async fn run(mut self) {
        loop {
            let call = self.next_call().await;
            let Some(answer) = self.make(call).await else {
                return self.orders.raise(Order::LeaseRanOut);
            };
            match answer {
                Answer::Held(action) => {
                    self.pause = Pause::new();
                    if action.cancel_requested {
                        self.orders.raise(Order::Cancel);
                    }
                }
                Answer::Refused => return self.orders.raise(Order::Refused),
                Answer::OutOfReach => self.wait().await,
            }
        }
    }

    async fn next_call(&mut self) -> Call {
        let (meter, written, write_at) = (self.meter, self.written, self.write_at);
        let due = async {
            meter.passes(written).await;
            sleep_until(write_at).await;
        };
        select! {
            () = sleep_until(self.hold.renew_at()) => Call::Renew,
            () = due => Call::Advance(meter.current()),
            () = self.listener.heard() => Call::Look,
            () = sleep(self.settings.poll_interval) => Call::Look,
        }
    }

    /// Calls the store; `None` when the lease ran out meanwhile.
    async fn make(&mut self, call: Call) -> Option<Answer> {
        let asked = Instant::now();
        let hold = &*self.hold;
        let answer = async {
            match call {
                Call::Renew => hold.renew().await,
                Call::Advance(progress) => hold.ask(move |e, grip| e.advance(grip, progress)).await,
                Call::Look => hold.ask(|e, grip| e.look(grip)).await,
            }
        };
        let answer = select! {
            biased;
            answer = answer => answer,
            () = hold.run_out() => return None,
        };
        if let Answer::Held(_) = &answer {
            match call {
                Call::Renew => self.hold.extend(asked),
                Call::Advance(progress) => {
                    self.written = progress;
                    self.write_at = asked + self.settings.progress_interval;
                }
                Call::Look => {}
            }
        }
        Some(answer)
    }

    /// Waits before the next try, but not past the end of the lease.
    async fn wait(&mut self) {
        select! {
            () = self.pause.wait() => {}
            () = self.hold.run_out() => {}
        }
    }
}
