package egress_test

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/protocols"
)

// Every message that has a number is a step of a session: a frame of a link is one of delivery.tell, under the capability that the
// text names, and the others are the frames of sessions. No message of the text is without a row.
func TestEveryFrameIsAStepOfASession(t *testing.T) {
	capability := map[string]string{} // by label
	for _, e := range protocols.All() {
		if e.Package != "delivery" {
			continue
		}
		i, err := e.Instantiate()
		if err != nil {
			t.Fatal(err)
		}
		var walk func(choreo.Local)
		walk = func(l choreo.Local) {
			switch l := l.(type) {
			case *choreo.LocalRec:
				walk(l.Body)
			case *choreo.LocalSend:
				for _, b := range l.Branches {
					capability[b.Label.Name] = ""
					if at := i.Site(b.Site); at != nil {
						for _, r := range at.Requirements {
							if c, is := r.(choreo.RequireCapability); is {
								capability[b.Label.Name] = c.Name
							}
						}
					}
					walk(b.Next)
				}
			}
		}
		sender, err := i.Local(i.Roles[0])
		if err != nil {
			t.Fatal(err)
		}
		walk(sender)
	}
	rows := map[string][]egress.Row{}
	for _, row := range egress.Table() {
		switch {
		case row.Label != "":
			rows[row.Label] = append(rows[row.Label], row)
			if egress.LabelOf(row.Number) != row.Label {
				t.Errorf("%q has number %d, which is %q", row.Kind, row.Number, egress.LabelOf(row.Number))
			}
		case row.Number != 0 && !egress.IsFrame(row.Number):
			t.Errorf("%q has number %d, and is no step of a session", row.Kind, row.Number)
		}
	}
	for label, name := range capability {
		if !slices.ContainsFunc(rows[label], func(r egress.Row) bool { return r.Capability == name }) {
			t.Errorf("delivery.tell asks for %q before %s, and no row of the table does: %v", name, label, rows[label])
		}
		delete(rows, label)
	}
	for label := range rows {
		t.Errorf("the table has %s, which delivery.tell has not", label)
	}
}
