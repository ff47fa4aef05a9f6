//! The search for an order that explains a history.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;

use super::history::{Answer, Call, Operation, Task};
use super::spec::State;

/// No order explains a history.
#[derive(Debug)]
pub struct Violation {
    /// The place in the history of the first operation, by the time of its answer, that nothing
    /// explains.
    pub operation: usize,
    explanation: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explanation)
    }
}

/// Looks for an order of operations that explains all that was answered.
pub fn check(history: &[Operation]) -> Result<(), Violation> {
    let mut search = Search::new(history);
    for event in events(history) {
        match event {
            Event::Called(number) => search.call(number),
            Event::Answered(number) => search.answer(number)?,
        }
    }
    Ok(())
}

/// What happens in a history, one after the other.
enum Event {
    Called(usize),
    Answered(usize),
}

/// The events in their order. What was called at the moment of another's answer overlaps with it.
fn events(history: &[Operation]) -> impl Iterator<Item = Event> {
    let mut events = Vec::new();
    for (number, operation) in history.iter().enumerate() {
        events.push((operation.called, 0, Event::Called(number)));
        if operation.answer != Answer::Unknown {
            events.push((operation.answered, 1, Event::Answered(number)));
        }
    }
    events.sort_by_key(|(at, kind, _)| (*at, *kind));
    events.into_iter().map(|(_, _, event)| event)
}

/// One way in which it may have been so far.
#[derive(Clone, Debug)]
struct Course {
    state: State,
    /// The operations that have had their moment and not yet their answer.
    done: BTreeSet<usize>,
    /// How many starts and cancels of unknown outcome may still have their moment. One is as good
    /// as another.
    left: Left,
}

#[derive(Clone, Copy, Debug, Default)]
struct Left {
    starts: usize,
    cancels: usize,
}

/// Courses, without those that can do no more than another.
#[derive(Default)]
struct Courses(HashMap<(State, BTreeSet<usize>), Vec<Left>>);

impl Courses {
    /// Adds a course; answers whether it can do something that none before it could.
    fn add(&mut self, Course { state, done, left }: Course) -> bool {
        let known = self.0.entry((state, done)).or_default();
        let covers = |a: &Left, b: &Left| a.starts >= b.starts && a.cancels >= b.cancels;
        if known.iter().any(|other| covers(other, &left)) {
            return false;
        }
        known.retain(|other| !covers(&left, other));
        known.push(left);
        true
    }

    fn iter(&self) -> impl Iterator<Item = Course> {
        self.0.iter().flat_map(|((state, done), left)| {
            let course =
                |left: &Left| Course { state: state.clone(), done: done.clone(), left: *left };
            left.iter().map(course)
        })
    }
}

/// Far more than a history has that anybody can read. Without a bound a checker may run for ever.
const MOST_COURSES: usize = 1_000_000;

struct Search<'a> {
    history: &'a [Operation],
    /// The runs whose start was acknowledged.
    told: BTreeSet<Task>,
    /// The operations that were called and not yet answered.
    open: BTreeSet<usize>,
    courses: Courses,
}

impl<'a> Search<'a> {
    fn new(history: &'a [Operation]) -> Self {
        let told = history.iter().filter_map(|operation| match &operation.answer {
            Answer::Started(task) => Some(task.clone()),
            _ => None,
        });
        let mut courses = Courses::default();
        let (done, left) = (BTreeSet::new(), Left::default());
        courses.add(Course { state: State::default(), done, left });
        Self { history, told: told.collect(), open: BTreeSet::new(), courses }
    }

    fn call(&mut self, number: usize) {
        let operation = &self.history[number];
        if operation.answer != Answer::Unknown {
            self.open.insert(number);
            return;
        }
        for left in self.courses.0.values_mut().flatten() {
            match operation.call {
                Call::Start => left.starts += 1,
                Call::Cancel => left.cancels += 1,
                Call::Read => {}
            }
        }
    }

    /// Keeps the courses in which the operation has had its moment by now, with what others must
    /// have had theirs before.
    fn answer(&mut self, number: usize) -> Result<(), Violation> {
        let (mut kept, mut seen) = (Courses::default(), Courses::default());
        let mut ahead: VecDeque<_> = self.courses.iter().collect();
        let mut looked_at = 0;
        while let Some(mut course) = ahead.pop_front() {
            self.take_reads(&mut course);
            if course.done.remove(&number) {
                kept.add(course);
            } else if seen.add(course.clone()) {
                ahead.extend(self.next(&course));
            }
            looked_at += 1;
            assert!(looked_at < MOST_COURSES, "this history has too many possibilities");
        }
        if kept.0.is_empty() {
            return Err(self.violation(number));
        }
        self.open.remove(&number);
        self.courses = kept;
        Ok(())
    }

    /// What changes nothing and is answered so now has its moment now: there is no better one.
    fn take_reads(&self, course: &mut Course) {
        for number in &self.open {
            if course.state.answers(&self.history[*number].answer) {
                course.done.insert(*number);
            }
        }
    }

    /// What may come next: the moment of one more operation, or something that servers do.
    fn next(&self, course: &Course) -> Vec<Course> {
        let after = |call, answer: &_| {
            let state = course.state.clone().after(call, answer, &self.told)?;
            Some(Course { state, ..course.clone() })
        };
        let mut next: Vec<_> =
            course.state.moves().map(|state| Course { state, ..course.clone() }).collect();
        for number in self.open.difference(&course.done) {
            let operation = &self.history[*number];
            next.extend(after(operation.call, &operation.answer).map(|mut course| {
                course.done.insert(*number);
                course
            }));
        }
        if course.left.starts > 0 {
            next.extend(after(Call::Start, &Answer::Unknown).map(|mut course| {
                course.left.starts -= 1;
                course
            }));
        }
        if course.left.cancels > 0 {
            next.extend(after(Call::Cancel, &Answer::Unknown).map(|mut course| {
                course.left.cancels -= 1;
                course
            }));
        }
        next
    }

    fn violation(&self, operation: usize) -> Violation {
        let mut text = format!("nothing explains\n  {}\n", self.history[operation]);
        text += "because the action could only be one of these, and what it becomes by itself\n";
        let states: BTreeSet<_> = self.courses.iter().map(|course| course.state.run).collect();
        states.iter().for_each(|run| text += &format!("  {run:?}\n"));
        text += "when these were under way, and these had been answered last\n";
        let at = self.history[operation].answered;
        let before = |other: &&Operation| other.answer != Answer::Unknown && other.answered < at;
        let mut last: Vec<_> = self.history.iter().filter(before).collect();
        last.sort_by_key(|other| std::cmp::Reverse(other.answered));
        let open = self.open.iter().map(|number| &self.history[*number]);
        open.chain(last.into_iter().take(10)).for_each(|other| text += &format!("  {other}\n"));
        Violation { operation, explanation: text }
    }
}
