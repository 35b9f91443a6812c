// Package postgres keeps a project in one schema of a PostgreSQL database, 15
// or newer. It is the store of a cluster: any number of servers share it.
//
// What may enter: SQL, its connections and transactions, and the translation of
// PostgreSQL's errors. What may not: permissions and limits (package chat), and
// rules that another engine must follow too (packages store and identity).
//
// Every transaction that changes a conversation locks its row first and gives
// the lock up with its commit, so that whoever sees a rev sees all before it.
// Statements name their columns: a newer server may have added some.
package postgres
