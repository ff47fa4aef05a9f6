//! The example runs, and shows what it promises.

#[path = "../../../../examples/embedded.rs"]
#[expect(dead_code, reason = "its `main` is for the command line")]
mod example;

#[test]
fn the_example_shows_its_progress_until_it_has_completed() {
    let mut printed = Vec::new();
    example::run(&mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.first(), Some(&"count_words was accepted"), "{printed}");
    assert_eq!(lines.last(), Some(&"count_words completed at 100 %"), "{printed}");
    let running = lines.iter().filter(|line| line.starts_with("count_words running at ")).count();
    assert!(running >= 2, "{printed}");
}
