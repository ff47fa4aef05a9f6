//! The server: one app per worker over one shared state.

use std::net::TcpListener;

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
    let api = Api::new(services, settings.clone());
    let server = HttpServer::new(move || app(api.clone()))
        .workers(settings.workers.max(1))
        .worker_max_blocking_threads(settings.max_blocking + settings.max_password_checks)
        .max_connections(settings.max_connections)
        .client_request_timeout(settings.request_timeout)
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .tcp_nodelay(true)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}
