package choreo_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura/choreo"
)

func TestMergingNamesWhatDiffers(t *testing.T) {
	sited := func(site choreo.SiteID) choreo.Local {
		return send("B", choreo.LocalBranch{Label: choreo.Label{Name: "a"}, Site: site, Next: end})
	}
	typed := recv("B", choreo.LocalBranch{Label: choreo.Label{Name: "a", Payload: "x.Y"}, Next: end})
	for _, c := range []struct {
		name string
		a, b choreo.Local
		want choreo.Code // "" if they merge
	}{
		{"done and not done", end, send("B", on("a", end)), choreo.CodeEndMismatch},
		{"two partners", recv("B", on("a", end)), recv("C", on("a", end)), choreo.CodePartnerMismatch},
		{"two directions", recv("B", on("a", end)), send("B", on("a", end)), choreo.CodeDirectionMismatch},
		{"two numbers of sends", send("B", on("a", end)), send("B", on("a", end), on("b", end)), choreo.CodeSendBranchMismatch},
		{"two sends", send("B", on("a", end)), send("B", on("b", end)), choreo.CodeSendBranchMismatch},
		{"two payloads", recv("B", on("a", end)), typed, choreo.CodePayloadMismatch},
		{"two guards", sited(1), sited(2), choreo.CodeGuardMismatch},
		{"two recursions", rec("x", send("B", on("a", x))), rec("y", send("B", on("a", choreo.LocalVar{Var: "y"}))), choreo.CodeIncompatibleTypes},
		{"deep inside", recv("B", on("a", recv("C", on("b", end)))), recv("B", on("a", recv("C", on("b", send("B", on("c", end)))))), choreo.CodeEndMismatch},
		{"a union of receives", recv("B", on("b", end)), recv("B", on("a", send("B", on("c", end)))), ""},
		{"the same in another order", send("B", on("a", end), on("b", end)), send("B", on("b", end), on("a", end)), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			merged, err := choreo.Merge(c.a, c.b)
			if c.want == "" {
				if err != nil || choreo.Subtype(merged, c.a) != nil || choreo.Subtype(merged, c.b) != nil {
					t.Errorf("got %v, %v", merged, err)
				}
				return
			}
			var flaw *choreo.Flaw
			if !errors.As(err, &flaw) || flaw.Code != c.want {
				t.Errorf("want %s, got %v", c.want, err)
			}
		})
	}
}
