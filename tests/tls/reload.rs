//! SIGHUP: certificates are read again, and no connection notices.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Pair;
use super::connection::Connection;
use crate::harness::{RaiseAtEnd, Server, until};

/// Has the server read its certificates again, and waits until the log has `said` once more.
fn reload(server: &Server, said: &str) {
    let before = server.log().matches(said).count();
    server.signal(Signal::SIGHUP);
    until(said, || server.log().matches(said).count() > before);
}

const TAKEN: &str = "new connections get the new certificate";
const KEPT: &str = "the certificate stays what it was";

#[test]
fn new_connections_get_the_new_certificate_and_old_ones_go_on() {
    let pair = Pair::make();
    let server = pair.serve();
    let mut old = Connection::open(server.url(), &pair.certificate());
    let first = CertificateDer::from_pem_file(pair.certificate()).unwrap();
    assert_eq!(old.certificate(), first.as_ref());
    pair.renew();
    reload(&server, TAKEN);
    assert_eq!(old.get("/readyz"), 200);
    let second = CertificateDer::from_pem_file(pair.certificate()).unwrap();
    assert_ne!(second, first);
    let mut new = Connection::open(server.url(), &pair.certificate());
    assert_eq!(new.certificate(), second.as_ref());
    assert_eq!((new.get("/healthz"), old.get("/healthz")), (200, 200));
}

#[test]
fn requests_under_way_are_all_answered_while_certificates_change() {
    let pair = Pair::make();
    let server = pair.serve();
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _stops = RaiseAtEnd(&stop);
        for _ in 0..4 {
            let mut connection = Connection::open(server.url(), &pair.certificate());
            let (stop, answered) = (&stop, &answered);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(connection.get("/readyz"), 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..10 {
            let before = answered.load(Ordering::Relaxed);
            pair.renew();
            reload(&server, TAKEN);
            until("requests go on", || answered.load(Ordering::Relaxed) > before + 10);
        }
    });
}

#[test]
fn a_bad_pair_changes_nothing_and_the_log_says_why() {
    let pair = Pair::make();
    let server = pair.serve();
    let (good, key) = (pair.text(), fs::read_to_string(pair.key()).unwrap());
    let trusted = tempfile::NamedTempFile::new().unwrap();
    fs::write(trusted.path(), &good).unwrap();
    let other = Pair::make();
    let secret = key.lines().nth(1).unwrap();
    for (certificate, key, why) in [
        (other.text(), key.clone(), "cannot be used with"),
        ("nonsense".to_owned(), key.clone(), "holds no certificate"),
        (good.clone(), good.clone(), "holds no private key"),
        (good.clone(), format!("-----BEGIN PRIVATE KEY\n{secret}"), "holds no private key"),
    ] {
        fs::write(pair.certificate(), certificate).unwrap();
        fs::write(pair.key(), key).unwrap();
        reload(&server, KEPT);
        let log = server.log();
        assert!(log.lines().last().unwrap().contains(why), "{log}");
        assert!(!log.contains(secret), "{log}");
        Connection::open(server.url(), trusted.path());
    }
    fs::remove_file(pair.key()).unwrap();
    reload(&server, KEPT);
    assert!(server.log().contains("No such file"));
    Connection::open(server.url(), trusted.path());
    pair.renew();
    reload(&server, TAKEN);
    Connection::open(server.url(), &pair.certificate());
}
