//! What the library gives to a plugin, and what a plugin answers.

use crate::ABI_VERSION;
use std::ffi::{c_char, c_void, CString};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Mutex;

/// What a kernel answers.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok = 0,
    BadDtype = 1,
    BadIndex = 2,
    DivisionByZero = 3,
    OutOfMemory = 4,
    BadValue = 5,
    Failed = 6,
}

/// Why a kernel failed.
#[derive(Debug)]
pub struct Error {
    status: Status,
    message: String,
}

impl Error {
    pub fn dtype(code: u8) -> Error {
        Error { status: Status::BadDtype, message: format!("dtype {code} is not taken") }
    }

    pub fn out_of_memory() -> Error {
        Error { status: Status::OutOfMemory, message: String::new() }
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Error {
        Error { status: Status::Failed, message: message.to_owned() }
    }
}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error { status: Status::Failed, message }
    }
}

/// A body of `parallel_for`.
pub type Body = unsafe extern "C" fn(context: *const c_void, index: usize);

/// The library's functions.
#[repr(C)]
pub struct Host {
    pub abi_version: u32,
    pub struct_size: u32,
    pub version: *const c_char,
    pub parallel_for: unsafe extern "C" fn(usize, f64, Body, *const c_void),
    pub scratch: unsafe extern "C" fn(u32, usize) -> *mut c_void,
    pub set_error: unsafe extern "C" fn(*const c_char),
    pub threads: unsafe extern "C" fn() -> u32,
}

static HOST: AtomicPtr<Host> = AtomicPtr::new(std::ptr::null_mut());

/// The `initialize` of every plugin: keeps the library's functions.
///
/// # Safety
/// `host` is what the library gives: valid as long as the plugin is loaded.
pub unsafe extern "C" fn set_host(host: *const Host) -> Status {
    HOST.store(host.cast_mut(), Ordering::Release);
    Status::Ok
}

/// The library's functions; none in the plugin's own unit tests.
pub fn host() -> Option<&'static Host> {
    // SAFETY: null, or what set_host was given.
    let host = unsafe { HOST.load(Ordering::Acquire).as_ref() }?;
    (host.abi_version == ABI_VERSION).then_some(host)
}

/// Runs `body` for every index below `count` on the library's threads. `nanoseconds` is a guess of
/// the whole job's time on one thread. A panic of one body is the caller's, when all are done.
pub fn parallel_for<F: Fn(usize) + Sync>(count: usize, nanoseconds: f64, body: &F) {
    struct Job<'a, F> {
        body: &'a F,
        panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
    }
    unsafe extern "C" fn entry<F: Fn(usize) + Sync>(context: *const c_void, index: usize) {
        let job = unsafe { &*context.cast::<Job<F>>() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (job.body)(index))) {
            *job.panic.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(panic);
        }
    }
    let Some(host) = host().filter(|_| count > 1) else {
        return (0..count).for_each(body);
    };
    let job = Job { body, panic: Mutex::new(None) };
    let context = std::ptr::from_ref(&job).cast();
    // SAFETY: the library calls entry::<F> with this context only, and is done when it returns.
    unsafe { (host.parallel_for)(count, nanoseconds, entry::<F>, context) };
    let panic = job.panic.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

/// Uninitialised memory of the call (slot 0) or of a body on its thread (slot 1), aligned to 64
/// bytes; valid until the same thread asks for the same slot again.
pub fn scratch(slot: u32, bytes: usize) -> Result<*mut u8, Error> {
    let host = host().ok_or("the plugin was not initialized")?;
    // SAFETY: any slot and size may be asked for.
    let memory = unsafe { (host.scratch)(slot, bytes) };
    if memory.is_null() { Err(Error::out_of_memory()) } else { Ok(memory.cast()) }
}

fn set_error(message: &str) {
    let text = CString::new(message.replace('\0', " ")).unwrap_or_default();
    if let Some(host) = host() {
        // SAFETY: a C string, which the library copies.
        unsafe { (host.set_error)(text.as_ptr()) };
    }
}

/// Runs a kernel; errors and panics become a status and a message.
pub fn run(kernel: impl FnOnce() -> Result<(), Error>) -> Status {
    let error = match catch_unwind(AssertUnwindSafe(kernel)) {
        Ok(Ok(())) => return Status::Ok,
        Ok(Err(error)) => error,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Error::from(text.unwrap_or_else(|| "a panic without a message".to_owned()))
        }
    };
    if error.status == Status::Failed {
        set_error(&error.message);
    }
    error.status
}
