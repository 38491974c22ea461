//! Writes a C library that stands between a host and the core, and counts: `keepsake-counting HEADER > counting.c`.
//!
//! HEADER is the one that uniffi writes for Swift. It names every C function of the border, and the shape
//! of every callback. The library written here has functions of the same names: each counts one crossing
//! and calls the core's. The callbacks that a host registers it replaces by its own, which count and call
//! the host's. So nothing that crosses is missed, whatever the language: not the calls for buffers, handles
//! and futures that uniffi makes, either. Tests read it with `keepsake_crossing_name` and
//! the functions behind it.
//!
//! Linked with the core behind it (`-lkeepsake`), or loaded before it (`LD_PRELOAD`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A function's shape: what it returns, and the types of its arguments.
struct Shape {
    returns: String,
    takes: Vec<String>,
}

impl Shape {
    fn new(returns: &str, arguments: &str) -> Shape {
        let takes = arguments.split(',').map(plain).filter(|one| !one.is_empty() && one != "void");
        Shape { returns: plain(returns), takes: takes.collect() }
    }

    /// `int a0, RustBuffer a1`
    fn parameters(&self) -> String {
        let all = self.takes.iter().enumerate().map(|(at, of)| format!("{of} a{at}"));
        all.collect::<Vec<_>>().join(", ")
    }

    /// `a0, a1`
    fn passed(&self) -> String {
        (0..self.takes.len()).map(|at| format!("a{at}")).collect::<Vec<_>>().join(", ")
    }

    /// Which arguments are of this type.
    fn those(&self, of: &str) -> impl Iterator<Item = usize> {
        let all = self.takes.iter().enumerate();
        all.filter(move |(_, one)| *one == of).map(|(at, _)| at)
    }
}

/// The C file, as it grows.
#[derive(Default)]
struct Written {
    names: Vec<String>,
    code: String,
}

impl Written {
    /// Counts a crossing of this name. Says the statement that does it.
    fn counts(&mut self, name: &str) -> String {
        self.names.push(name.to_owned());
        format!("atomic_fetch_add(&crossings[{}], 1);", self.names.len() - 1)
    }

    /// A function of the core: counted, and called.
    fn function(&mut self, name: &str, shape: &Shape, before: &str) {
        let count = self.counts(name);
        let Shape { returns, .. } = shape;
        let (parameters, passed) = (shape.parameters(), shape.passed());
        let _ = writeln!(self.code, "{returns} {name}({parameters}) {{");
        let _ = writeln!(self.code, "    static __typeof__(&{name}) real;");
        let _ = writeln!(self.code, "    {count}");
        let _ = writeln!(self.code, "    if (!real) real = (__typeof__(real))find(\"{name}\");");
        if !before.is_empty() {
            let _ = writeln!(self.code, "    {before}");
        }
        self.calls(&format!("real({passed})"), shape, -1);
        self.code.push_str("}\n\n");
    }

    /// A callback of the host's: counted, and called.
    fn callback(&mut self, name: &str, shape: &Shape, host: &str) {
        let count = self.counts(name);
        let Shape { returns, .. } = shape;
        let (parameters, passed) = (shape.parameters(), shape.passed());
        let _ = writeln!(self.code, "static {returns} {name}({parameters}) {{\n    {count}");
        self.calls(&format!("{host}({passed})"), shape, 1);
        self.code.push_str("}\n\n");
    }

    /// The call itself. `gives` is how many buffers the host has more for each that is an argument, 1 or
    /// -1; for what comes back it is the other way round. A buffer without data is none.
    fn calls(&mut self, call: &str, shape: &Shape, gives: i64) {
        let mut line = |text: String| self.code.extend(["    ", &text, "\n"]);
        for at in shape.those("RustBuffer") {
            line(format!("live_buffers += {gives} * !!a{at}.data;"));
        }
        match shape.returns.as_str() {
            "void" => line(format!("{call};")),
            returns => line(format!("{returns} answer = {call};")),
        }
        for at in shape.those("RustCallStatus *") {
            let errors = format!("a{at}->code && a{at}->errorBuf.data");
            line(format!("live_buffers -= {gives} * ({errors});"));
            for out in shape.those("RustBuffer *") {
                line(format!("live_buffers -= {gives} * (!a{at}->code && a{out}->data);"));
            }
        }
        if shape.returns == "RustBuffer" {
            line(format!("live_buffers -= {gives} * !!answer.data;"));
        }
        if shape.returns != "void" {
            line("return answer;".to_owned());
        }
    }
}

fn main() {
    let path = std::env::args().nth(1).expect("the header's path");
    let header = std::fs::read_to_string(&path).expect("the header");
    println!("{}", library(&header));
}

fn library(header: &str) -> String {
    let statements = statements(header);
    let callbacks = callbacks(&statements);
    let tables = tables(&statements);
    let mut written = Written::default();
    for statement in &statements {
        let Some((name, shape)) = function(statement) else { continue };
        let table = tables.get(
            shape
                .takes
                .first()
                .map_or("", |of| of.trim_start_matches("const ").trim_end_matches(" *")),
        );
        if let (Some((of, fields)), true) = (table, name.contains("_fn_init_callback_vtable_")) {
            let _ = writeln!(written.code, "static {of} host_{of};\n");
            for (kind, field) in fields {
                let counted = format!("callback_{}_{field}", of.trim_start_matches(TABLE));
                written.callback(&counted, &callbacks[kind], &format!("host_{of}.{field}"));
            }
            let ours = fields.iter().map(|(_, field)| {
                format!(".{field} = callback_{}_{field}", of.trim_start_matches(TABLE))
            });
            let ours = ours.collect::<Vec<_>>().join(", ");
            let before =
                format!("host_{of} = *a0; static const {of} ours = {{{ours}}}; a0 = &ours;");
            written.function(&name, &shape, &before);
        } else if name.contains("_rust_future_poll_") {
            let counted = format!("woken_{name}");
            let _ = writeln!(written.code, "static {WAKE} host_{name};\n");
            written.callback(&counted, &callbacks[WAKE], &format!("host_{name}"));
            written.function(&name, &shape, &format!("host_{name} = a1; a1 = {counted};"));
        } else {
            written.function(&name, &shape, "");
        }
    }
    let names = written.names.iter().flat_map(|name| ["    \"", name, "\",\n"]).collect::<String>();
    format!(
        "{PROLOGUE}static const char *const names[] = {{\n{names}}};\n\
         static atomic_ulong crossings[{}];\n\n{}{EPILOGUE}",
        written.names.len(),
        written.code
    )
}

const TABLE: &str = "UniffiVTableCallbackInterface";
const WAKE: &str = "UniffiRustFutureContinuationCallback";

const PROLOGUE: &str = r#"#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#define _Nonnull
#define _Nullable
#include "KeepsakeCoreFFI.h"

/* Buffers that the host has been given or has made, and has neither freed nor given away. */
static atomic_long live_buffers;

static void *find(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) { fprintf(stderr, "counting: the core has no %s\n", name); abort(); }
    return found;
}

"#;

const EPILOGUE: &str = r"
/* The name of what is counted as the number `at`; NULL behind the last. */
const char *keepsake_crossing_name(uint64_t at) {
    return at < sizeof names / sizeof *names ? names[at] : NULL;
}

uint64_t keepsake_crossings(uint64_t at) { return crossings[at]; }

int64_t keepsake_live_buffers(void) { return live_buffers; }

/* What `malloc` has given out and not got back, in this whole process. */
uint64_t keepsake_bytes_in_use(void) { struct mallinfo2 info = mallinfo2(); return info.uordblks + info.hblkhd; }
";

/// The header's declarations, without preprocessor and comments, each on a line.
fn statements(header: &str) -> Vec<String> {
    let lines = header.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with('#') && !line.starts_with("//")
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    let (mut all, mut depth) = (vec![String::new()], 0);
    for letter in text.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ';' if depth == 0 => all.push(String::new()),
            _ => all.last_mut().expect("one").push(letter),
        }
    }
    all.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// `typedef void (*Name)(…)`: the shapes of callbacks, by name.
fn callbacks(statements: &[String]) -> BTreeMap<String, Shape> {
    let typedefs = statements.iter().filter_map(|one| one.strip_prefix("typedef "));
    let shapes = typedefs.filter_map(|one| {
        let (returns, rest) = one.split_once("(*")?;
        let (name, arguments) = rest.split_once(")(")?;
        let arguments = arguments.trim_end().trim_end_matches(')');
        Some((name.to_owned(), Shape::new(returns, arguments)))
    });
    shapes.collect()
}

/// The tables of callbacks: the kind and name of each field, by the table's name.
fn tables(statements: &[String]) -> BTreeMap<String, (String, Vec<(String, String)>)> {
    let structs = statements.iter().filter_map(|one| one.strip_prefix("typedef struct "));
    let tables = structs.filter_map(|one| {
        let (name, fields) = one.split_once('{')?;
        let fields = fields.split_once('}')?.0.split(';').filter_map(|field| {
            let mut words = field.split_whitespace();
            Some((words.next()?.to_owned(), words.next_back()?.to_owned()))
        });
        let name = name.trim().to_owned();
        Some((name.clone(), (name, fields.collect())))
    });
    tables.filter(|(name, _)| name.starts_with(TABLE)).collect()
}

/// `int name(…)`: a function of the core.
fn function(statement: &str) -> Option<(String, Shape)> {
    if statement.starts_with("typedef") {
        return None;
    }
    let (head, arguments) = statement.split_once('(')?;
    let (returns, name) = head.rsplit_once([' ', '*'])?;
    Some((name.to_owned(), Shape::new(returns, arguments.trim_end().trim_end_matches(')'))))
}

/// A type without the name of what has it, and without what only Clang says of pointers.
fn plain(declared: &str) -> String {
    let text = declared.replace("_Nonnull", " ").replace("_Nullable", " ").replace('*', " * ");
    let mut words = text.split_whitespace().collect::<Vec<_>>();
    let types = words.iter().filter(|word| !["*", "const"].contains(word)).count();
    if types > 1 {
        words.pop();
    }
    words.join(" ")
}
