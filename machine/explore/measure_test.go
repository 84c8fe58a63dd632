package explore_test

import (
	"path/filepath"
	"testing"

	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
)

// TestAMeasureAdmitsTheWidthThatWasMeasured (runtime document, "Envelope Admission Contract"): the measured difference of a wide run admits
// its image under a policy of that width, and neither a wider one nor another image.
func TestAMeasureAdmitsTheWidthThatWasMeasured(t *testing.T) {
	policy, err := machine.PolicyFor("aura.vm.consensus_fallback.prod")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../choreo/testdata/pass/loop*.tell")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		im := compiled(t, file)
		if im == nil {
			continue
		}
		r, err := explore.Image(im, explore.Options{Paths: 16})
		if err != nil {
			t.Fatal(err)
		}
		if r.Counterexample != nil {
			continue
		}
		d, err := r.Measure(im, policy.Width, policy.Tier)
		if err != nil {
			t.Errorf("%s: %v", im.Name(), err)
			continue
		}
		if why := d.Within(policy); why != machine.FallbackNone || d.Image != im.Digest() || d.CandidateWidth != policy.Width {
			t.Errorf("%s is not admitted: %s, %+v", im.Name(), why, d)
		}
		wider := policy
		wider.Width++
		if why := d.Within(wider); why != machine.FallbackEnvelopeTooWide {
			t.Errorf("%s in waves of %d: %s", im.Name(), wider.Width, why)
		}
	}
}
