package machine_test

import (
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

func TestFlowRules(t *testing.T) {
	list := []choreo.Role{"Voter", "Chair"}
	for name, c := range map[string]struct {
		rule machine.FlowRule
		want [3]bool // to Voter[1], to the holder itself, to Guest
	}{
		"zero":   {machine.FlowRule{}, [3]bool{true, true, true}},
		"deny":   {machine.FlowRule{Kind: machine.FlowDeny}, [3]bool{}},
		"allow":  {machine.FlowRule{Kind: machine.FlowAllowRoles, Roles: list}, [3]bool{true, true, false}},
		"except": {machine.FlowRule{Kind: machine.FlowDenyRoles, Roles: list}, [3]bool{false, false, true}},
		"prefix": {machine.FlowRule{Kind: machine.FlowTargetPrefix, Text: "Vot"}, [3]bool{true, false, false}},
		"fact":   {machine.FlowRule{Kind: machine.FlowFactContains, Text: "secret"}, [3]bool{}},
		"self":   {machine.FlowRule{Kind: machine.FlowSelf}, [3]bool{false, true, false}},
		"none":   {machine.FlowRule{Kind: machine.FlowAny}, [3]bool{}},
		"all": {machine.FlowRule{Kind: machine.FlowAll, Of: []machine.FlowRule{
			{Kind: machine.FlowAllowRoles, Roles: list}, {Kind: machine.FlowTargetPrefix, Text: "C"}}}, [3]bool{false, true, false}},
		"unknown": {machine.FlowRule{Kind: 99}, [3]bool{}},
	} {
		for i, target := range []choreo.Role{"Voter[1]", "Chair", "Guest"} {
			if got := c.rule.Allows("Chair", target, "fact"); got != c.want[i] {
				t.Errorf("%s to %s: %t", name, target, got)
			}
		}
	}
}

func TestPrioritiesDecideWhoIsNext(t *testing.T) {
	// Two customers of equal standing take turns; the one with the higher priority goes first to its end.
	m := machine.New(newHost(1), machine.Options{Scheduler: machine.SchedulerPriorityFixed, Output: machine.IgnoreOutput()})
	im := image(t, shop, nil)
	for _, priority := range []uint8{0, 3} {
		if _, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1), Priority: priority}); err != nil {
			t.Fatal(err)
		}
	}
	for range 40 {
		if v, _ := m.Session(1); v.Status.Terminal() {
			break
		}
		if _, err := m.Step(); err != nil {
			t.Fatal(err)
		}
		if v, _ := m.Session(0); v.Steps > 0 {
			if u, _ := m.Session(1); !u.Status.Terminal() {
				t.Fatal("the lesser one ran while the greater could")
			}
		}
	}
	if v, _ := m.Session(1); !v.Status.Terminal() {
		t.Fatal(v)
	}
}

func TestHardenedMachinesRunProtocols(t *testing.T) {
	im := image(t, shop, nil)
	for _, h := range []machine.Hardening{machine.HardeningProduction, machine.HardeningDevelopment, machine.HardeningIntegration} {
		a, err := machine.Admit(machine.Request{Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy"}, Integrity: machine.IntegrityBare, Hardening: h})
		if err != nil {
			t.Fatal(err)
		}
		m := machine.New(newHost(1), h.Options())
		if _, err := m.Open(im, machine.Opening{Owner: "ada", Admission: a}); err != nil {
			t.Fatal(h, err)
		}
		if status, err := m.Run(100); status != machine.StatusAllDone || err != nil {
			t.Fatal(h, status, err)
		}
		if rec, err := m.Record(); (err == nil) == (h == machine.HardeningProduction) || (err == nil && rec.Replay() != nil) {
			t.Fatal(h, err)
		}
	}
}
