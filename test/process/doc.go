// Package process starts and ends the servers of tests, and makes sure that they
// end with the program that started them.
//
// What may enter: what holds for any server. What may not: which server it is
// (packages services and fleet know).
package process
