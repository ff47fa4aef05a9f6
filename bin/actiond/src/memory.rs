//! How memory is allocated on Linux with glibc: by jemalloc what the server's own code needs, which is a hundred small
//! pieces for each document, and by the C library what SQLite and libpq need, which is mostly pages. Elsewhere the C library
//! allocates all of it.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What has been free for a fifth of a second goes back to the system when there is work again, and threads keep none of
/// what is larger than 2 KiB for themselves: that is 3 MiB less on two cores, and not measurably slower.
/// `_RJEM_MALLOC_CONF` in the environment says otherwise.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "jemalloc finds its settings by this name")]
// SAFETY: It is what jemalloc takes under this name: a pointer to a text that ends with NUL.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static SETTINGS: &[u8; 35] = b"dirty_decay_ms:200,tcache_max:2048\0";

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
