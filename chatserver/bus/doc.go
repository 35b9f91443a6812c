// Package bus states the contract of routing between the pods of a project.
// The bus carries hints that something changed; losing one costs time, never
// correctness, because every pod repairs from the store.
//
// What may enter: the Bus interface and the division into partitions. What may
// not: the meaning of a payload, and anything of one engine (its own folder
// below). Package bustest is the suite that every engine passes.
package bus
