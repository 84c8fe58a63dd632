// Package port declares the interface that generated endpoints drive, for the tests of package gen: the
// real one is declared where sessions run.
package port
