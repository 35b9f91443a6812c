// Package storetest is the suite that every store passes: the contract of
// package store as tests, the races of a cluster included.
//
// What may enter: rules that hold for every engine, seen through the store.Store
// interface only. What may not: anything of one engine; that is tested in the
// engine's own folder.
//
// Tests that race end by themselves. Their time limits only guard against a
// store that hangs; no test measures time.
package storetest
