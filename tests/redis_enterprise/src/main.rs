//! Calls the crate redis-enterprise as lines on standard input say, such as
//! `["cluster.action_execute", "check", {}]`, and answers each with a line: `{"ok": …}`, or `{"error": "…"}`
//! with the crate's error.
//!
//! The one argument is the crate's generation; where the server is, and who asks, the crate reads from the
//! environment by itself (`REDIS_ENTERPRISE_URL` and so on).

use std::io::stdin;

use serde_json::{Value, json};

/// A module with what is called of one generation.
macro_rules! generation {
    ($name:ident) => {
        mod $name {
            use serde::Serialize;
            use serde_json::{Value, to_value};
            use $name::users::{AuthRequest, JwtRefreshRequest};
            use $name::{
                ActionHandler, ClusterHandler, EnterpriseClient, NodeHandler, UserHandler,
            };

            type Answer = Result<Value, String>;

            pub fn client() -> EnterpriseClient {
                EnterpriseClient::from_env().expect("REDIS_ENTERPRISE_URL and so on are set")
            }

            pub async fn call(client: &EnterpriseClient, call: &[Value]) -> Answer {
                let client = client.clone();
                let text = |place: usize| call[place].as_str().expect("a text");
                let uid = || call[1].as_u64().and_then(|uid| uid.try_into().ok()).expect("a uid");
                let body = |place: usize| call[place].clone();
                match text(0).split_once('.').expect("HANDLER.METHOD") {
                    ("cluster", method) => {
                        let cluster = ClusterHandler::new(client);
                        match method {
                            "actions" => read(cluster.actions().await),
                            "action_detail" => read(cluster.action_detail(text(1)).await),
                            "action_execute" => {
                                read(cluster.action_execute(text(1), body(2)).await)
                            }
                            "action_delete" => read(cluster.action_delete(text(1)).await),
                            _ => unknown(call),
                        }
                    }
                    ("nodes", method) => {
                        let nodes = NodeHandler::new(client);
                        match method {
                            "list_actions" => read(nodes.list_actions().await),
                            "actions" => read(nodes.actions(uid()).await),
                            "execute_action" => read(nodes.execute_action(uid(), text(2)).await),
                            "remove" => read(nodes.remove(uid()).await),
                            "action_detail" => read(nodes.action_detail(uid(), text(2)).await),
                            "action_execute" => {
                                read(nodes.action_execute(uid(), text(2), body(3)).await)
                            }
                            "action_delete" => read(nodes.action_delete(uid(), text(2)).await),
                            _ => unknown(call),
                        }
                    }
                    ("actions", method) => {
                        let actions = ActionHandler::new(client);
                        match method {
                            "list" => read(actions.list().await),
                            "get" => read(actions.get(text(1)).await),
                            "list_v2" => read(actions.list_v2().await),
                            "get_v2" => read(actions.get_v2(text(1)).await),
                            _ => unknown(call),
                        }
                    }
                    ("users", method) => {
                        let users = UserHandler::new(client);
                        let (email, password) = (|| text(1).to_owned(), || text(2).to_owned());
                        match method {
                            "list" => read(users.list().await),
                            "get" => read(users.get(uid()).await),
                            "authorize" => {
                                let body = AuthRequest { email: email(), password: password() };
                                read(users.authorize(body).await)
                            }
                            "refresh_jwt" => {
                                let body = JwtRefreshRequest { jwt: text(1).to_owned() };
                                read(users.refresh_jwt(body).await)
                            }
                            _ => unknown(call),
                        }
                    }
                    _ => unknown(call),
                }
            }

            fn read<T: Serialize, E: std::fmt::Debug>(answer: Result<T, E>) -> Answer {
                let value = |read| to_value(read).expect("what was JSON can be JSON");
                answer.map(value).map_err(|error| format!("{error:?}"))
            }

            fn unknown(call: &[Value]) -> Answer {
                panic!("there is no call {call:?}")
            }
        }
    };
}

generation!(old);
generation!(new);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let is_new = match std::env::args().nth(1).as_deref() {
        Some("0.8") => false,
        Some("0.10") => true,
        other => panic!("the generation is 0.8 or 0.10, not {other:?}"),
    };
    let (old_client, new_client) = (old::client(), new::client());
    for line in stdin().lines() {
        let line = line.expect("a line");
        let call: Vec<Value> = serde_json::from_str(&line).expect("a call");
        let answer = match is_new {
            true => new::call(&new_client, &call).await,
            false => old::call(&old_client, &call).await,
        };
        match answer {
            Ok(read) => println!("{}", json!({"ok": read})),
            Err(error) => println!("{}", json!({"error": error})),
        }
    }
}
