//! One line to whoever reads. Nobody may be reading any more (`keepsake library … | head`): that is
//! no reason to fail, least of all while photos are on their way.

/// Like `println!`, without its panic.
macro_rules! say {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($arg)*);
    }};
}

/// Like `eprintln!`, without its panic.
macro_rules! complain {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($arg)*);
    }};
}
