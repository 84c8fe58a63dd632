// Package world holds the interfaces to a program's environment: the time, randomness
// and the record of events, with their real versions. A simulation supplies its own.
//
// Nothing else in Aura reads a clock or draws randomness. Start with [Event], which every long-lived
// service reports.
package world
