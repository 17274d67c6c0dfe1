//! Decides who started the program: Terraform, or a person.

fn main() {}
