//! The server starts, answers and stops.

use crate::harness::Server;

#[test]
fn starts_answers_and_stops() {
    let mut server = Server::start();
    let client = server.client();
    client.get("/healthz").expect(200);
    client.get("/readyz").expect(200);
    client.admin().get("/v1/cluster/actions").expect(200);
    client.project_admin().get("/v2/default/actions").expect(200);
    server.stop();
}
