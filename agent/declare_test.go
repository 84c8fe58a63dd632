package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// TestServicesDeclareWhatTheyOwn: each service of a running agent has a category, an owner and something that it owns,
// and every event that it reports while a peer comes and goes is of the families that it declares.
func TestServicesDeclareWhatTheyOwn(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ben.Crash()
		ada.Say(tc, context, "hi")
		w.Sleep(tc, time.Minute)
		ben.Start(tc)
		w.Sleep(tc, time.Minute)

		services := ada.Agent.Services()
		declared, owners := map[string]task.Declaration{}, map[string]int{}
		for _, d := range services {
			declared[d.Name] = d
			owners[d.Owner]++
			if d.Category < task.CategoryPure || d.Category > task.CategoryObserved || len(d.Owns) == 0 {
				t.Errorf("%s is %v and owns %v", d.Name, d.Category, d.Owns)
			}
			for _, o := range d.Owns {
				if pkg, name, ok := strings.Cut(o.Type, "."); !ok || pkg == "" || name == "" || o.By < task.ExclusionLoop || o.By > task.ExclusionLock {
					t.Errorf("%s owns %q by %v", d.Name, o.Type, o.By)
				}
			}
			if slices.ContainsFunc(d.Owns, func(o task.Owned) bool { return o.By == task.ExclusionMailbox }) && d.Mailbox == 0 {
				t.Errorf("%s owns by its mailbox and has none", d.Name)
			}
		}
		if len(services) < 10 || len(declared) != len(services) || len(owners) < 4 {
			t.Errorf("%d services of %d names have the owners %v", len(services), len(declared), owners)
		}
		reported := 0
		for _, e := range w.Events {
			d, known := declared[e.Service()]
			if !known || e.Family() == world.FamilyService {
				continue
			}
			if reported++; !slices.Contains(d.Events, e.Family()) {
				t.Errorf("%s reports %s %q and does not declare the family", d.Name, e.Family(), e.Message())
			}
		}
		if reported < 10 {
			t.Errorf("the services reported %d events", reported)
		}

		answer, err := ada.Core(tc).Services(tc)
		if err != nil {
			t.Fatalf("the question for the services: %v", err)
		}
		for i, line := range answer {
			if d := services[i]; line.Name != d.Name || line.Owner != d.Owner || line.Category != d.Category.String() || len(line.Owns) != len(d.Owns) {
				t.Errorf("the answer says %+v of %+v", line, d)
			}
		}
		if len(answer) != len(services) {
			t.Errorf("the answer has %d services of %d", len(answer), len(services))
		}
	})
}
