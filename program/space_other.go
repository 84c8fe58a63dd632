//go:build !unix

package program

import (
	"errors"
	"math"
)

// freeBytes returns the space that this user may still fill on the disk of a folder.
func freeBytes(string) (uint64, error) { return math.MaxUint64, errors.ErrUnsupported }
