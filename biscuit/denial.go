package biscuit

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura/datalog"
)

// Denial is why a request was refused: failed checks, a policy that denies, or no policy that
// matches.
type Denial struct {
	// Checks are all checks that failed, those of the authorizer first, then by block.
	Checks []FailedCheck
	// Decided says that a policy matched. Kind is its decision and Policy its number, from 0; a
	// policy that allows does not help against a failed check.
	Decided bool
	Kind    datalog.PolicyKind
	Policy  int
}

// FailedCheck names a check that did not hold.
type FailedCheck struct {
	// Block is the number of the block that has the check, -1 for the authorizer.
	Block int
	// Check is the number of the check in the block, from 0.
	Check int
	// Text is the check in text form.
	Text string
}

// Error describes the failure in one line.
func (d *Denial) Error() string {
	var reasons []string
	for _, c := range d.Checks {
		reasons = append(reasons, fmt.Sprintf("%s failed: %s", place(c.Block, c.Check), c.Text))
	}
	switch {
	case !d.Decided:
		reasons = append(reasons, "no policy matches")
	case d.Kind == datalog.PolicyDeny:
		reasons = append(reasons, fmt.Sprintf("policy %d denies", d.Policy))
	}
	return strings.Join(reasons, "; ")
}

func place(block, check int) string {
	if block == authorizer {
		return fmt.Sprintf("check %d of the authorizer", check)
	}
	return fmt.Sprintf("check %d of block %d", check, block)
}
