// Command operator runs the controllers that turn ChatProjects and ApiKeys
// into running chat servers.
//
// What may enter: flags, wiring, and who may read the metrics. What may not:
// anything that knows what a project is (package controllers).
package main
