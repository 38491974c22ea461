//! The grammar of the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Backs up a folder of photos and videos, each file once, verified.
#[derive(Debug, Parser)]
#[command(name = "keepsake", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
First steps:
  keepsake backup ~/Pictures --to /media/disk/Keepsake   back up; run it again whenever you like
  keepsake status                                        what is safe, what is not, and why
  keepsake verify --deep                                 read every byte of the backup back
  keepsake restore /media/disk/Keepsake ~/Restored       get everything back

Ctrl-C pauses; the same backup command goes on where it stopped. Nothing is sent twice.

Exit codes:
  0  everything is safe (or: the command did what was asked)
  1  wrong use or configuration; nothing was done
  2  finished, and some items are not safe: they are named with the reason
  3  paused before the end: what it waits for is named; run it again";

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Back up SOURCE into the vault, or go on with it
    #[command(after_help = BACKUP)]
    Backup(Backup),
    /// Say what is safe, what is not, and what it waits for
    Status {
        #[command(flatten)]
        at: At,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Look whether the vault still has everything; what it lost is sent at the next backup
    Verify {
        #[command(flatten)]
        at: At,
        /// Read every byte back and compare checksums
        #[arg(long)]
        deep: bool,
    },
    /// Write everything in a vault into a folder, with its times and names. Never overwrites
    Restore {
        /// The vault's folder
        vault: PathBuf,
        /// Where to; made if it is missing
        dest: PathBuf,
    },
    /// Try quarantined items again: those named, or all. The next backup does it
    Retry(Items),
    /// Never back these items up again, on any device. What the vault has stays there. Of what only
    /// `verify` names, a path in the vault: this source does not miss it any more
    Forget(Items),
    /// List items, newest first, with how far each is
    Library(Library),
    /// Write a folder for a bug report: no names, no places
    Report {
        #[command(flatten)]
        at: At,
        /// The folder to make
        #[arg(long, value_name = "DIR", default_value = "keepsake-report")]
        out: PathBuf,
    },
    /// Live through a month of a phone, and draw it: how long will it take, and what would help?
    Simulate(Simulate),
    /// Run a recorded log through the machine again and compare
    Replay {
        /// A file from a report, or from `logs` in a state folder
        log: PathBuf,
        /// Print every effect
        #[arg(long)]
        effects: bool,
        /// Write the shortest log whose effects (as --effects prints them) still contain TEXT
        #[arg(long, value_name = "TEXT", requires = "to")]
        shrink: Option<String>,
        /// Where to: a file that is not there yet
        #[arg(long, value_name = "FILE", requires = "shrink")]
        to: Option<PathBuf>,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

const BACKUP: &str = "\
Taken are all photos, videos and RAW files that cameras and phones write, with their sidecars (XMP,
AAE), by extension. Everything else is counted and can be listed (keepsake library --skipped);
--all-files takes it too. Symbolic links are never followed.

SIZE is like 500MB, 20GB or 1.5GiB. GLOB is matched against paths below SOURCE, like
'**/cache/**' or '*.tmp'.

Examples:
  keepsake backup ~/Pictures --to ~/Keepsake
  keepsake backup ~/Pictures --to /media/disk/Keepsake --reserve 20GB
  keepsake backup ~/Pictures --to ~/Keepsake --exclude '**/Rejected/**' --watch";

/// `backup`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct Backup {
    /// The folder with your photos
    pub source: PathBuf,
    /// The vault: a folder for the backups, made if it is missing
    #[arg(long, value_name = "VAULT")]
    pub to: PathBuf,
    /// Keep running, and back up photos as they arrive, each once nobody has written to it for eight seconds
    #[arg(long)]
    pub watch: bool,
    /// Free space to leave on the vault's disk [default: 1 GB or 5 %, whichever is more]
    #[arg(long, value_name = "SIZE", value_parser = crate::size::parse)]
    pub reserve: Option<u64>,
    /// Somebody removed the vault's .keepsake for good: begin new records. What lies there is known by
    /// its bytes and not sent again
    #[arg(long)]
    pub new_records: bool,
    /// Where Keepsake keeps what it knows of this source [default: the platform's own place]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Leave out what matches; may be given again
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Take every file, not only photos and videos
    #[arg(long)]
    pub all_files: bool,
    /// Tell what happens as lines of JSON
    #[arg(long)]
    pub json: bool,
}

/// Which source a command is about.
#[derive(Debug, Args)]
pub struct At {
    /// The folder that was backed up; may be left out when there is only one
    pub source: Option<PathBuf>,
    /// Its state folder, where that is not the platform's own place
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// Some items of a source.
#[derive(Debug, Args)]
pub struct Items {
    /// The folder that was backed up
    pub source: PathBuf,
    /// Files below it
    pub files: Vec<PathBuf>,
    /// Its state folder, where that is not the platform's own place
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The phone's disk, as 64GB
    #[arg(long, value_parser = crate::size::parse, default_value = "128GB", value_name = "SIZE")]
    pub phone: u64,
    /// The library, as 200GB
    #[arg(long, value_parser = crate::size::parse, default_value = "50GB", value_name = "SIZE")]
    pub library: u64,
    /// With "Optimise iPhone Storage": the newest originals take about a third of the phone, the
    /// others are only in iCloud
    #[arg(long)]
    pub optimised: bool,
    /// Wi-Fi is there from ten at night to seven, and mobile data by day: so it is without this too
    #[arg(long)]
    pub wifi_at_night: bool,
    /// Mobile data may be used by day
    #[arg(long)]
    pub mobile: bool,
    /// For so many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub days: u32,
    /// Another number gives another library of the same size
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to: a page (.html), or the picture alone (.svg)
    #[arg(long, value_name = "FILE", default_value = "keepsake-simulation.html")]
    pub out: PathBuf,
}

/// `library`.
#[derive(Debug, Args)]
pub struct Library {
    /// Which source.
    #[command(flatten)]
    pub at: At,
    /// Only items that are so
    #[arg(long, value_name = "STAGE")]
    pub only: Option<Only>,
    /// How many to list
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub most: usize,
    /// List what the last scan did not take, and why
    #[arg(long, conflicts_with = "only")]
    pub skipped: bool,
    /// Lines of JSON
    #[arg(long)]
    pub json: bool,
}

/// What `library` can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// To be done
    Pending,
    /// Tried again later
    Waiting,
    /// Given up on
    Quarantined,
    /// Sent
    Safe,
    /// The vault had it already
    There,
    /// Out of sight: its folder or disk is away
    Hidden,
    /// Only the vault has it
    Kept,
    /// Neither the source nor the vault shows it any more
    Lost,
    /// You said forget
    Forgotten,
}

impl Only {
    /// As [`crate::words::stage`] says it.
    pub fn word(self) -> &'static str {
        match self {
            Only::Pending => "pending",
            Only::Waiting => "waiting",
            Only::Quarantined => "quarantined",
            Only::Safe => "safe",
            Only::There => "there",
            Only::Hidden => "hidden",
            Only::Kept => "kept",
            Only::Lost => "lost",
            Only::Forgotten => "forgotten",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_has_no_contradiction() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_issues_own_command_is_understood() {
        let cli = Cli::try_parse_from(["keepsake", "backup", "p", "--to", "v", "--reserve", "2GB"]);
        let Command::Backup(backup) = cli.unwrap().command else { panic!("not a backup") };
        assert_eq!(backup.reserve, Some(2_000_000_000));
    }

    #[test]
    fn a_wrong_size_is_told_with_an_example() {
        let wrong =
            Cli::try_parse_from(["keepsake", "backup", "p", "--to", "v", "--reserve", "lots"]);
        assert!(wrong.unwrap_err().to_string().contains("1.5GiB"));
    }

    #[test]
    fn the_help_names_every_exit_code_and_a_first_step() {
        let help = Cli::command().render_long_help().to_string();
        for part in ["keepsake backup ~/Pictures", "  0  ", "  1  ", "  2  ", "  3  "] {
            assert!(help.contains(part), "{part}");
        }
    }
}
