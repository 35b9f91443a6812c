// Package presencetest is the suite that every engine of presence passes: the
// contract of package presence as tests.
//
// What may enter: rules that hold for every engine, seen through the
// presence.Registry interface only, and the Recorder that engines' own tests use
// too. What may not: anything of one engine; that is tested in the engine's own
// folder.
package presencetest
