//! The server: one app per worker over one shared state.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use crate::front::front;
use crate::routes::configure;
use crate::services::{Api, ApiSettings, Services};

/// The app that answers requests, as each worker has it.
pub fn app(
    api: Data<Api>,
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
        .configure(|config| _ = configure(config, with_identity))
        .wrap(from_fn(front))
}

/// Serves both faces on `listener` until the server's handle stops it. Signals are the caller's.
///
/// A request that cannot be read at all (not HTTP, a bad Content-Length, a head that is too long or
/// too slow) is answered below this crate: 400, 408 or 431 without a body, and the connection closes.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    services: Services,
    settings: ApiSettings,
) -> std::io::Result<Server> {
    bound_stalls(&listener, settings.write_timeout)?;
    let api = Api::new(services, settings.clone());
    let server = HttpServer::new(move || app(api.clone()))
        .workers(settings.workers.max(1))
        .worker_max_blocking_threads(
            settings.max_blocking
                + settings.max_lists
                + settings.max_token_checks
                + settings.max_password_checks,
        )
        .max_connections(settings.max_connections)
        .client_request_timeout(settings.request_timeout)
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(whole_seconds(settings.shutdown_timeout))
        .tcp_nodelay(true)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Seconds, rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Closes connections whose client takes nothing of what it was sent for so long. Accepted
/// connections inherit it from the listener. The kernel does it, since nothing here is called while a
/// connection takes no bytes.
#[cfg(target_os = "linux")]
fn bound_stalls(listener: &TcpListener, patience: Duration) -> std::io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(patience))
}

/// Elsewhere only the budget of answers bounds what stalled clients take.
#[cfg(not(target_os = "linux"))]
fn bound_stalls(_: &TcpListener, _: Duration) -> std::io::Result<()> {
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
