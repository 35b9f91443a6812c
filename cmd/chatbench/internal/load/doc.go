// Package load makes the load. A Crew is a few worker processes of this program;
// each holds a part of the sessions, so that neither goroutines nor file
// descriptors of one process bound the load, and writes down the history of what
// its sessions saw. Crew and workers talk in JSON lines over the workers' standard
// input and output: one request, one answer.
//
// What may enter: sessions, sending at a pace or as fast as answers come, the
// floor of bare writes, and checking histories. What may not: servers, databases,
// what a scenario measures, and budgets.
package load
