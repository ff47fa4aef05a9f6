//! Words for a refusal: those of the cluster face, about users.

use actix_web::HttpResponse;

use crate::cluster::refusal;
use crate::rejection::{Face, Refused, Rejection};

/// Users and their tokens, on the cluster face.
pub(crate) struct UserFace;

/// The answer of a handler of this face.
pub(super) type UserResult = Result<HttpResponse, Refused<UserFace>>;

impl Face for UserFace {
    fn answer(rejection: &Rejection) -> HttpResponse {
        refusal(rejection, |code| match code {
            "action_not_found" => "user_not_found",
            "action_in_progress" => "user_conflict",
            "invalid_action" => "invalid_content",
            other => other,
        })
    }
}
