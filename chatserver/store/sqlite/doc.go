// Package sqlite keeps a project in one file. It is the embedded store of a
// single server on a developer's machine, and of nothing else.
//
// What may enter: SQL, its connections and transactions, and the translation of
// SQLite's errors. What may not: permissions and limits (package chat), and
// rules that another engine must follow too (packages store and identity).
//
// One connection writes, and a transaction that writes takes the file's lock at
// its beginning: there is never a second writer, so what a transaction reads
// stays true until it commits. Times are microseconds since 1970.
package sqlite
