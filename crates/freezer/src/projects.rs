//! What Keystone says of projects.

use serde_json::Value;

use crate::error::Result;
use crate::http::{Reply, encoded};
use crate::session::Session;

/// What Keystone says of a project that is named by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It has it.
    Yes,
    /// It has none of this id.
    No {
        /// The ids of the projects whose name it is.
        namesakes: Vec<String>,
    },
    /// It does not tell these credentials.
    Hidden,
}

impl Session {
    /// The ids of all projects, as Keystone lists them to an admin.
    ///
    /// # Errors
    /// [`Error::Refused`](crate::Error::Refused) to others, and those of [`Session::log_in`].
    pub fn projects(&self) -> Result<Vec<String>> {
        self.list(self.keystone("/v3/projects"))
    }

    /// Whether Keystone knows a project of this id.
    ///
    /// # Errors
    /// Those of [`Session::log_in`].
    pub fn look_up(&self, project: &str) -> Result<Known> {
        let reply = self.get(&self.keystone(&format!("/v3/projects/{}", encoded(project))))?;
        match reply.status {
            200 if reply.json()?["project"]["id"] == *project => Ok(Known::Yes),
            200 | 404 => {
                let named = self.keystone(&format!("/v3/projects?name={}", encoded(project)));
                // For advice alone.
                let namesakes = self.list(named).unwrap_or_default();
                Ok(Known::No { namesakes })
            }
            403 => Ok(Known::Hidden),
            _ => Err(reply.refusal("")),
        }
    }

    /// The ids on a list, page by page.
    fn list(&self, url: String) -> Result<Vec<String>> {
        let (mut ids, mut url) = (vec![], Some(url));
        while let Some(page) = url {
            let reply = self.get(&page)?;
            if reply.status != 200 {
                return Err(
                    reply.refusal("only an admin sees all projects: name some with --project")
                );
            }
            let body = reply.json()?;
            ids.extend(ids_of(&reply, &body)?);
            url = body["links"]["next"].as_str().map(str::to_owned);
        }
        Ok(ids)
    }
}

fn ids_of(reply: &Reply, body: &Value) -> Result<Vec<String>> {
    let projects = body["projects"].as_array();
    let projects = projects.ok_or_else(|| reply.not_understood("no projects"))?;
    Ok(projects.iter().filter_map(|project| project["id"].as_str()).map(str::to_owned).collect())
}
