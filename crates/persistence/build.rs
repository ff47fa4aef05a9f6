//! Makes cargo notice a changed migration.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
