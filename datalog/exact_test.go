package datalog_test

import (
	"math/big"

	"github.com/aura-runtime/aura/datalog"
)

// exact is arithmetic without bounds.
func exact(op datalog.Op, x, y int64) *big.Int {
	a, b := big.NewInt(x), big.NewInt(y)
	switch op {
	case datalog.OpAdd:
		return a.Add(a, b)
	case datalog.OpSub:
		return a.Sub(a, b)
	}
	return a.Mul(a, b)
}
