//! The server: one app per worker over one shared state.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use futures_util::future::try_join_all;
use rustls::ServerConfig;

use crate::faces::Faces;
use crate::front::front;
use crate::routes::configure;
use crate::services::{Api, ApiSettings, Services};

/// A place to serve at.
pub struct Listener {
    /// Where connections come in.
    pub socket: TcpListener,
    /// What is served there.
    pub faces: Faces,
    /// How it is encrypted; without it, it is plain HTTP.
    pub tls: Option<ServerConfig>,
}

/// The servers of all listeners.
pub struct Servers(Vec<Server>);

impl Servers {
    /// What stops them.
    pub fn handles(&self) -> Vec<ServerHandle> {
        self.0.iter().map(Server::handle).collect()
    }

    /// Serves until all have been stopped, or one has failed.
    ///
    /// # Errors
    /// What the first that failed says.
    pub async fn run(self) -> io::Result<()> {
        try_join_all(self.0).await.map(drop)
    }
}

/// The app that answers requests to these faces, as each worker has it.
pub fn app(
    api: Data<Api>,
    faces: Faces,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let with_identity = api.services.tokens.is_some();
    App::new()
        .app_data(api)
        .configure(|config| _ = configure(config, faces, with_identity))
        .wrap(from_fn(front))
}

/// Serves each listener's faces until the servers' handles stop them. Signals are the caller's.
/// Every listener has workers of its own; all share what bounds their clients.
///
/// A request that cannot be read at all (not HTTP, a bad Content-Length, a head that is too long or
/// too slow) is answered below this crate: 400, 408 or 431 without a body, and the connection closes.
///
/// # Errors
/// When a listener cannot be used.
pub fn serve(
    listeners: Vec<Listener>,
    services: Services,
    settings: ApiSettings,
) -> io::Result<Servers> {
    let api = Api::new(services, settings);
    let start = |listener| start(listener, &api);
    listeners.into_iter().map(start).collect::<io::Result<_>>().map(Servers)
}

fn start(listener: Listener, api: &Data<Api>) -> io::Result<Server> {
    let (Listener { socket, faces, tls }, settings) = (listener, &api.settings);
    bound_stalls(&socket, settings.write_timeout)?;
    let inside = api.clone();
    let server = HttpServer::new(move || app(inside.clone(), faces))
        .workers(settings.workers.max(1))
        .worker_max_blocking_threads(
            settings.max_blocking
                + settings.max_lists
                + settings.max_token_checks
                + settings.max_password_checks,
        )
        .max_connections(settings.max_connections)
        .tls_handshake_timeout(settings.request_timeout)
        .client_request_timeout(settings.request_timeout)
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(whole_seconds(settings.shutdown_timeout))
        .tcp_nodelay(true)
        .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(socket, tls),
        None => server.listen(socket),
    };
    Ok(server?.run())
}

/// Seconds, rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Closes connections whose client takes nothing of what it was sent for so long. Accepted
/// connections inherit it from the listener. The kernel does it, since nothing here is called while a
/// connection takes no bytes.
#[cfg(target_os = "linux")]
fn bound_stalls(listener: &TcpListener, patience: Duration) -> io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(patience))
}

/// Elsewhere only the budget of answers bounds what stalled clients take.
#[cfg(not(target_os = "linux"))]
fn bound_stalls(_: &TcpListener, _: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_second_counts_as_one() {
        let check = |millis, expected| {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), expected, "{millis}");
        };
        check(0, 0);
        check(900, 1);
        check(1000, 1);
        check(1001, 2);
    }
}
