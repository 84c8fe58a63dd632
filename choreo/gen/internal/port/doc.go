// Package port declares the interface that generated endpoints drive and a payload with a type, for the tests of package
// gen: the real ones are declared where sessions run and where a domain is.
package port
