//! Is the server alive, can it work: no credentials needed.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::accept::quality;
use crate::project::{ProjectResult, not_allowed};
use crate::services::Api;
use crate::table::Resource;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Freezer's page for browsers.
const PAGE: &str = "<HTML>\n<HEAD><TITLE>Healthcheck Status</TITLE></HEAD>\n<BODY>\n\n\
    <H2>Result of 1 checks:</H2>\n<TABLE bgcolor=\"#ffffff\" border=\"1\">\n<TBODY>\n<TR>\n\n\
    <TH>\nReason\n</TH>\n</TR>\n<TR>\n\n    <TD>OK</TD>\n\n</TR>\n</TBODY>\n</TABLE>\n\
    <HR></HR>\n\n</BODY>\n</HTML>";

pub(crate) fn routes() -> [Resource; 3] {
    [
        Resource::at("/healthz")
            .open(Method::GET, alive)
            .open(Method::HEAD, alive)
            .otherwise(not_allowed),
        Resource::at("/readyz")
            .open(Method::GET, ready)
            .open(Method::HEAD, ready)
            .otherwise(not_allowed),
        Resource::at_either("/healthcheck", "/healthcheck/{rest}*")
            .open(Method::GET, check)
            .otherwise(|req, _| check(req)),
    ]
}

/// The process answers.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).body(r#"{"status":"alive"}"#)
}

/// The store can be used too.
async fn ready(api: Data<Api>) -> ProjectResult {
    let (store, settings) = (api.services.health.clone(), &api.settings);
    let time = settings.answer_time.unwrap_or(settings.patience);
    api.readiness.check(store, settings.health_age, time).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).body(r#"{"status":"ready"}"#))
}

/// Freezer's check, for any method, in the form that the client likes best.
async fn check(req: HttpRequest) -> HttpResponse {
    if req.method() == Method::HEAD {
        return HttpResponse::NoContent().finish();
    }
    let (content_type, body) = form(req.headers());
    HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type)).body(body)
}

fn form(headers: &HeaderMap) -> (&'static str, &'static str) {
    let forms = [
        (quality(headers, "text", "plain"), ("text/plain; charset=UTF-8", "OK")),
        (
            quality(headers, "application", "json"),
            (
                "application/json",
                "{\n    \"detailed\": false,\n    \"reasons\": [\n        \"OK\"\n    ]\n}",
            ),
        ),
        (quality(headers, "text", "html"), ("text/html; charset=UTF-8", PAGE)),
    ];
    let [first, rest @ ..] = forms;
    rest.into_iter().fold(first, |best, form| if form.0 > best.0 { form } else { best }).1
}
