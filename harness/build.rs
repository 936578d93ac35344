//! Tells the program which commit it is built from, by `BATLINET_COMMIT`: records carry it.
//!
//! git is asked. Without it, or where this is no checkout, the commit is `unknown`; packagers set the environment variable
//! of the same name. `-dirty` stands behind it where the files below differ from the commit. This is asked anew when one of
//! them changes, which has the crate built again anyway, and when another commit is checked out.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the program is made of, below the checkout, beside the crates. Tables that are compiled in are added by [`tables`].
const SOURCES: [&str; 3] = ["Cargo.toml", "Cargo.lock", "harness/build.rs"];

/// The sources of every crate: folders of the workspace with a `Cargo.toml` and a `src`.
fn crates(root: &Path) -> Vec<PathBuf> {
    let below = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        entries.map(|entry| Path::new(folder).join(entry.file_name())).collect::<Vec<_>>()
    };
    let mut folders = [below("."), below("harness"), below("baselines")].concat();
    folders.retain(|folder| root.join(folder).join("Cargo.toml").exists() && root.join(folder).join("src").exists());
    folders.sort();
    folders.iter().flat_map(|folder| [folder.join("Cargo.toml"), folder.join("src")]).collect()
}

fn main() {
    println!("cargo::rerun-if-env-changed=BATLINET_COMMIT");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources: Vec<PathBuf> = SOURCES.iter().map(PathBuf::from).chain(crates(&root)).chain(tables(&root)).collect();
    // a file that is named and not there would have this asked at every build
    for path in sources.iter().map(|path| root.join(path)).chain(heads(&root)).filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let given = env::var("BATLINET_COMMIT").ok().filter(|commit| !commit.trim().is_empty());
    let commit = given.or_else(|| commit(&root, &sources)).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=BATLINET_COMMIT={}", commit.trim());
}

/// The tables among the experiments and results, of which some are compiled in.
fn tables(root: &Path) -> Vec<PathBuf> {
    let in_folder = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        let names: Vec<PathBuf> = entries.map(|entry| Path::new(folder).join(entry.file_name())).collect();
        names.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
    };
    let mut tables: Vec<PathBuf> = in_folder("experiments").chain(in_folder("results")).collect();
    tables.sort();
    tables
}

/// The files that change when another commit is checked out or made; in a linked worktree they are its own.
fn heads(root: &Path) -> Vec<PathBuf> {
    let branch = git(root, &["symbolic-ref", "-q", "HEAD"]);
    let names = ["HEAD", "logs/HEAD"].into_iter().chain(branch.as_deref());
    names.filter_map(|name| Some(root.join(git(root, &["rev-parse", "--git-path", name])?))).collect()
}

/// The commit that is checked out in `root`, if that is the top of a checkout and not a copy inside of another one.
fn commit(root: &Path, sources: &[PathBuf]) -> Option<String> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(root).ok()? {
        return None;
    }
    let commit = git(root, &["rev-parse", "HEAD"])?;
    let mut question = vec!["--no-optional-locks", "status", "--porcelain", "--"];
    question.extend(sources.iter().filter_map(|path| path.to_str()));
    let is_clean = git(root, &question)?.is_empty();
    Some(if is_clean { commit } else { format!("{commit}-dirty") })
}

/// What git answers, if it does.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(root: &Path, arguments: &[&str]) {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        git(root, &[&who[..], arguments].concat()).unwrap_or_else(|| panic!("git {arguments:?} fails"));
    }

    /// A checkout with one file among the sources and one beside them.
    fn checkout(root: &Path) {
        for name in ["Cargo.toml", "README.md"] {
            fs::write(root.join(name), "one").unwrap();
        }
        run(root, &["init", "-q"]);
        run(root, &["add", "."]);
        run(root, &["commit", "-q", "-m", "one"]);
    }

    #[test]
    fn a_commit_is_named_and_what_differs_from_it_is_dirty() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let sources = [PathBuf::from("Cargo.toml"), PathBuf::from("harness/src")];
        assert_eq!(commit(root, &sources), None, "this is no checkout");
        checkout(root);
        let clean = commit(root, &sources).unwrap();
        assert_eq!(Some(&clean), git(root, &["rev-parse", "HEAD"]).as_ref());
        assert!(clean.len() == 40 && clean.chars().all(|digit| digit.is_ascii_hexdigit()), "{clean}");
        // prose makes no other program
        fs::write(root.join("README.md"), "two").unwrap();
        assert_eq!(commit(root, &sources), Some(clean.clone()));
        // a source that git does not know yet does, and so does one that was changed
        fs::create_dir_all(root.join("harness/src")).unwrap();
        fs::write(root.join("harness/src/new.rs"), "").unwrap();
        assert_eq!(commit(root, &sources), Some(format!("{clean}-dirty")));
        fs::remove_file(root.join("harness/src/new.rs")).unwrap();
        fs::write(root.join("Cargo.toml"), "two").unwrap();
        assert_eq!(commit(root, &sources), Some(format!("{clean}-dirty")));
        // a copy inside of another checkout has not its commit
        let inside = root.join("harness");
        assert_eq!(commit(&inside, &sources), None);
    }

    #[test]
    fn what_is_watched_exists_and_changes_with_the_commit_in_linked_worktrees_too() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        fs::create_dir(&first).unwrap();
        checkout(&first);
        run(&first, &["worktree", "add", "-q", "-b", "other", &second.display().to_string()]);
        let texts = |root: &Path| -> Vec<String> {
            let heads = heads(root).into_iter().filter(|path| path.exists());
            heads.map(|path| fs::read_to_string(path).unwrap()).collect()
        };
        for (root, other) in [(&first, &second), (&second, &first)] {
            let (before, of_other) = (texts(root), texts(other));
            assert!(!before.is_empty());
            run(root, &["commit", "-q", "--allow-empty", "-m", "two"]);
            assert_ne!(texts(root), before);
            assert_eq!(texts(other), of_other, "a commit elsewhere has nothing built anew");
        }
        // where references are packed and the branch has no file of its own
        run(&first, &["pack-refs", "--all"]);
        let before = texts(&first);
        run(&first, &["commit", "-q", "--allow-empty", "-m", "three"]);
        assert_ne!(texts(&first), before);
    }
}
