// Command endpoints writes the generated half of package protocols: for each choreography the typed endpoints and
// the package comment. go generate runs it in the folder of that package.
package main
