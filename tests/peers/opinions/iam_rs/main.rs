//! Reads questions as lines of JSON, and writes iam-rs's decision on each as a line.
use iam_rs::{Decision, IAMPolicy, IAMRequest, PolicyEvaluator};
use serde::Deserialize;
use std::io::{BufRead, Write};

#[derive(Deserialize)]
struct Question {
    request: IAMRequest,
    policies: Vec<IAMPolicy>,
}

fn answer(line: &str) -> Result<&'static str, String> {
    let Question { request, policies } = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let result = PolicyEvaluator::with_policies(policies).evaluate(&request);
    Ok(match result.map_err(|e| e.to_string())?.decision {
        Decision::Allow => "allowed",
        Decision::Deny => "explicitDeny",
        Decision::NotApplicable => "implicitDeny",
    })
}

fn main() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let said = match answer(&line.expect("standard input is text")) {
            Ok(decision) => decision.to_string(),
            Err(error) => format!("error: {}", error.replace('\n', " ")),
        };
        writeln!(out, "{said}").expect("standard output is read");
    }
}
