package choreo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/choreo"
)

func TestDepthsAndFreeVariablesOfParts(t *testing.T) {
	for _, c := range []struct {
		name  string
		local choreo.Local
		depth int
		free  []string
	}{
		{"the end", end, 0, nil},
		{"a variable", x, 0, []string{"x"}},
		{"a message", send("B", on("a", end)), 1, nil},
		{"the longest branch", recv("B", on("a", end), on("b", send("B", on("c", end)))), 2, nil},
		{"a binder counts, and binds", rec("x", send("B", on("a", x), on("b", choreo.LocalVar{Var: "y"}))), 2, []string{"y"}},
		{"an inner binder binds its own", send("B", on("a", x), on("b", rec("x", recv("B", on("c", x))))), 3, []string{"x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := choreo.DepthOfLocal(c.local); got != c.depth {
				t.Errorf("depth %d, want %d", got, c.depth)
			}
			if diff := cmp.Diff(c.free, choreo.FreeLocalVars(c.local)); diff != "" {
				t.Errorf("free variables (-want +got):\n%s", diff)
			}
		})
	}
}
