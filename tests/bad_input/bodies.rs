//! Bodies that are not what they should be, or too much of it.

use serde_json::json;

use super::{Bench, CLUSTER, PROJECT};

const MIB: usize = 1024 * 1024;

#[test]
fn what_is_not_json_is_753_or_400() {
    let bench = Bench::new();
    for text in [
        &b"{"[..],
        b"nonsense",
        b"{}}",
        b"{\"a\":1,}",
        b"{'a':1}",
        b"\xff\xfe{\0}\0",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\xff\"}",
        b"\"\\ud800\"",
        b"NaN",
        b"\0",
        b"[1",
        b"{\"a\":01}",
    ] {
        let (project, _) = bench.post_both(text, 753, 400);
        assert_eq!(project["title"], "Malformed JSON");
    }
}

#[test]
fn json_of_another_type_is_400() {
    let bench = Bench::new();
    for text in [&b"5"[..], b"true", b"\"text\"", b"[1]", b"[{}]"] {
        let (project, cluster) = bench.post_both(text, 400, 400);
        assert!(project["description"].as_str().unwrap().contains("object"), "{project}");
        assert!(cluster["message"].as_str().unwrap().contains("object"), "{cluster}");
    }
    let (_, cluster) = bench.post_both(b"{\"path\":5,\"more\":1}", 400, 400);
    assert!(cluster["message"].as_str().unwrap().contains("path"), "{cluster}");
}

#[test]
fn ten_thousand_nested_arrays_are_400() {
    let bench = Bench::new();
    let open = "[".repeat(10_000);
    let whole = format!("{open}{}", "]".repeat(10_000));
    let inside =
        format!("{{\"path\":\"data\",\"freezer_action\":{{\"action\":\"backup\",\"x\":{whole}}}}}");
    for text in [&open, &whole, &inside, &"{\"a\":".repeat(10_000)] {
        let (project, _) = bench.post_both(text.as_bytes(), 400, 400);
        assert!(project["description"].as_str().unwrap().contains("100 levels"), "{project}");
    }
    bench.admin.send("GET", PROJECT, Some(whole.as_bytes())).expect(400);
    bench.admin.send("PATCH", &format!("{PROJECT}/x"), Some(whole.as_bytes())).expect(400);
    bench.admin.send("POST", "/v3/auth/tokens", Some(whole.as_bytes())).expect(413);
    bench.admin.send("POST", "/v3/auth/tokens", Some(open.as_bytes())).expect(400);
    let anywhere = json!({"match": [{"_all": whole}]});
    bench.admin.send("GET", PROJECT, Some(anywhere.to_string().as_bytes())).expect(400);
    bench.admin.get(&format!("{PROJECT}?search={}", "[".repeat(10_000))).expect(400);
}

/// A document of so many bytes.
fn document(length: usize) -> String {
    let (head, tail) = ("{\"freezer_action\":{\"action\":\"backup\",\"x\":\"", "\"}}");
    format!("{head}{}{tail}", "x".repeat(length - head.len() - tail.len()))
}

#[test]
fn a_body_of_a_mebibyte_is_taken_and_a_longer_one_is_413() {
    let bench = Bench::new();
    let made = bench.admin.send("POST", PROJECT, Some(document(MIB).as_bytes())).expect(201).json();
    let path = format!("{PROJECT}/{}", made["action_id"].as_str().unwrap());
    let seen = bench.admin.get(&path).expect(200).json();
    assert_eq!(seen["freezer_action"]["x"].as_str().unwrap().len(), MIB - 45);
    for length in [MIB + 1, 8 * MIB] {
        bench.post_both(document(length).as_bytes(), 413, 413);
    }
    let after = bench.admin.send("PATCH", &path, Some(document(MIB + 1).as_bytes())).expect(413);
    assert!(after.json()["description"].as_str().unwrap().contains("1048576"));
    assert_eq!(bench.admin.get(&path).expect(200).json(), seen);
}

#[test]
fn a_body_that_only_announces_its_length_is_not_waited_for() {
    let bench = Bench::new();
    for target in [PROJECT, CLUSTER, "/v3/auth/tokens"] {
        for length in ["1048577", "99999999999", "18446744073709551615"] {
            let headers = format!("Content-Length: {length}\r\n");
            let answer = bench.raw(&format!("POST {target} HTTP/1.1"), &headers, b"");
            assert_eq!(answer.status, 413, "{target} {length}");
            assert!(answer.json().is_object(), "{answer:?}");
        }
    }
}

/// A body in chunks.
fn chunked(chunks: &[&[u8]]) -> Vec<u8> {
    let one =
        |chunk: &&[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    [chunks.iter().map(one).collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat()
}

#[test]
fn chunked_bodies_are_read_and_limited_too() {
    let bench = Bench::new();
    let post = |target: &str, body: &[u8]| {
        bench.raw(&format!("POST {target} HTTP/1.1"), "Transfer-Encoding: chunked\r\n", body).status
    };
    let good = document(5000);
    let (first, second) = good.as_bytes().split_at(30);
    assert_eq!(post(PROJECT, &chunked(&[first, second])), 201);
    let bytes: Vec<_> = good.as_bytes().chunks(7).collect();
    assert_eq!(post(PROJECT, &chunked(&bytes)), 201);
    let long = vec![b' '; MIB / 2 + 1];
    assert_eq!(post(PROJECT, &chunked(&[&long, &long])), 413);
    assert_eq!(post(CLUSTER, &chunked(&[&long, &long])), 413);
    assert_eq!(post(PROJECT, &chunked(&[b"{"])), 753);
    for broken in [&b"zz\r\n{}\r\n0\r\n\r\n"[..], b"-1\r\n{}\r\n", b"ffffffffffffffffff\r\n{}\r\n"]
    {
        assert_eq!(post(PROJECT, broken), 400, "{broken:?}");
    }
}

#[test]
fn a_cluster_body_of_another_type_is_415() {
    let bench = Bench::new();
    for content_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "garbage"]
    {
        let answer =
            bench.admin.with("Content-Type", content_type).post(CLUSTER, &json!({})).expect(415);
        assert_eq!(answer.json()["status_code"], 415);
    }
}
