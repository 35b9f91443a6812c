// Package config holds what a chat server is told at its start: the file, its
// defaults and its checks.
//
// What may enter: settings, their defaults, the messages for bad ones. What may
// not: anything that opens, listens or connects (package server).
package config
