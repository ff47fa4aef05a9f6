//! Is what clients were told of one action what a single copy of it could have told them?
//!
//! A history is *linearizable* when each operation can be given one moment between its call and its
//! answer, so that in the order of these moments everything was answered as the specification says
//! (Herlihy and Wing 1990). Whether it is so is found by trying (Wing and Gong 1993), each operation
//! just in time for its answer (Lowe 2017, "Testing for linearizability").
//!
//! Pure: it knows histories alone, and can be given any.

mod check;
mod examples;
mod history;
mod properties;
mod reference;
mod spec;

pub use check::check;
pub use history::{Answer, Call, Operation, Shown};
pub use spec::Status;
