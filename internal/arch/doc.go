// Package arch holds the floor plan of the house and the tests that keep the code to it: who imports whom,
// which doors to time, randomness and concurrency exist, how packages present themselves, and that the
// portable part builds where it must.
//
// There is nothing to call. Read floorplan.txt. The tests read the tree themselves, so that their results
// are never older than the code.
package arch
