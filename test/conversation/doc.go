// Package conversation holds one conversation to a sequential model: random
// commands of several sessions on two pods, on every store. The model says what
// each command answers and what every session hears of it.
//
// What may enter: the model, the commands and what a client keeps. What may not:
// rules of one package, which belong to its own tests, and commands that run at
// once, whose order no sequential model knows.
package conversation
