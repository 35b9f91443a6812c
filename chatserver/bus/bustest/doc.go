// Package bustest is the suite that every bus passes: the contract of package
// bus as tests.
//
// What may enter: rules that hold for every engine, seen through the bus.Bus
// interface only, and the Recorder that engines' own tests use too. What may
// not: anything of one engine; that is tested in the engine's own folder.
//
// Time limits only guard against a bus that hangs; no test measures time.
package bustest
