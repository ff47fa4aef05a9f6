//! How memory is allocated.

/// Has threads share the C library's arenas, one more than there are cores: about as many as there are threads at work, the
/// workers and the store's writer. It would make up to eight for each core, and what is free in one, no thread of another
/// can use; with fewer, threads that work all the time wait for each other. Whoever has set `MALLOC_ARENA_MAX` has his way.
///
/// To be called before there are threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe way to tell the C library")]
pub fn share_arenas() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let arenas = i32::try_from(cores + 1).unwrap_or(i32::MAX);
    // SAFETY: It takes two numbers, and changes nothing where it cannot do what they say.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
}

/// Other C libraries are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_arenas() {}
