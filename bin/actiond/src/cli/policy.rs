//! `actiond policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const LIST_EXAMPLES: &str = "\
Examples:
  actiond policy list
  actiond policy list --file policy.yaml --format json";

const CHECK_EXAMPLES: &str = "\
Examples:
  actiond policy check
  actiond policy check --file policy.yaml";

const TEST_EXAMPLES: &str = "\
Examples:
  actiond policy test --rule actions:create --roles member --project alpha
  actiond policy test --rule actions:get --roles service --project x --target-project alpha
  actiond policy test --rule project_reader --roles a,reader --project alpha --format json";

const SAMPLE_EXAMPLES: &str = "\
Examples:
  actiond policy sample > policy.yaml";

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show every rule: what it guards, what it demands by default and in force, and where that
    /// stands.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[command(flatten)]
        source: Source,
        /// How it is written: text or json.
        #[arg(long, default_value = "text", hide_possible_values = true)]
        format: Format,
    },
    /// Check a policy file; the exit status is 1 when it cannot be put in force.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Source),
    /// Decide, and say why; the exit status is 3 when the rule does not allow it.
    #[command(after_help = TEST_EXAMPLES)]
    Test {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        question: Question,
        /// How it is written: text or json.
        #[arg(long, default_value = "text", hide_possible_values = true)]
        format: Format,
    },
    /// Print a policy file with every default, commented out.
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample,
}

#[derive(Args, Debug)]
pub struct Source {
    /// The policy file; without this it is policy.file of the configuration.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Question {
    /// The rule to ask, such as actions:create.
    #[arg(long, value_name = "RULE")]
    pub rule: String,
    /// The roles of the caller, with commas between them.
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub roles: Vec<String>,
    /// The project of the caller's credentials; without it they are for none.
    #[arg(long, value_name = "PROJECT_ID", required_unless_present = "target_project")]
    pub project: Option<String>,
    /// The id of the caller.
    #[arg(long, value_name = "USER_ID", default_value = "user")]
    pub user: String,
    /// The domain of the caller.
    #[arg(long, value_name = "DOMAIN_ID", default_value = "default")]
    pub user_domain: String,
    /// The domain of the project of the caller's credentials.
    #[arg(long, value_name = "DOMAIN_ID", default_value = "default")]
    pub project_domain: String,
    /// The project that the request is about; without it that of the credentials.
    #[arg(long, value_name = "PROJECT_ID")]
    pub target_project: Option<String>,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// JSON.
    Json,
}
