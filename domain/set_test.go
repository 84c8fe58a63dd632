package domain_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// note is a state that counts the facts of its domain.
type note struct{ n int }

func (s *note) Apply(*fact.Record)    { s.n++ }
func (s *note) Version() int          { return 1 }
func (s *note) Save() ([]byte, error) { return fact.MarshalState(struct{}{}) }
func (s *note) Restore([]byte) error  { return nil }

// notes is a module that is sound.
func notes() domain.Module {
	return domain.Module{
		Name:         "notes",
		Kinds:        []fact.Kind{{Name: "note.written"}, {Name: "note.erased"}},
		Capabilities: append(domain.OwnerCapabilities("note:write"), domain.Capability{Name: "note:audit"}),
		Operations: []domain.Operation{
			{Name: "note.write", Category: domain.CategoryOptimistic, Leaves: "note.written"},
			{Name: "note.sweep", Category: domain.CategoryOptimistic, Internal: true, Leaves: "note.erased"},
		},
		NewState: func(aura.AuthorityID) domain.State { return &note{} },
		Indexed:  []string{"note.*"},
		Views:    []domain.View{{Signal: "notes:all", Show: func(*domain.States, aura.Physical) any { return 0 }}},
		Questions: []domain.Question{{Kind: "note.count", Answer: func(s *domain.Snapshot, _ []byte) (any, error) {
			return domain.Get[*note](s.States).n, nil
		}}},
	}
}

// TestASetRefusesWhatCannotBe changes one thing of a sound module at a time. The error names module and item.
func TestASetRefusesWhatCannotBe(t *testing.T) {
	if _, err := domain.NewSet(notes()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*domain.Module)
		kind   aura.Kind
		item   string
	}{
		"a name of two words":         {func(m *domain.Module) { m.Name = "my notes" }, aura.Invalid, "my notes"},
		"a kind twice":                {func(m *domain.Module) { m.Kinds = append(m.Kinds, m.Kinds[0]) }, aura.Conflict, "note.written"},
		"a capability without verb":   {func(m *domain.Module) { m.Capabilities[0].Name = "note" }, aura.Invalid, "note"},
		"an unknown profile":          {func(m *domain.Module) { m.Capabilities[0].Profile = "guest" }, aura.Invalid, "guest"},
		"no category":                 {func(m *domain.Module) { m.Operations[0].Category = 0 }, aura.Invalid, "note.write"},
		"an operation twice":          {func(m *domain.Module) { m.Operations[1].Name = "note.write" }, aura.Conflict, "note.write"},
		"it leaves what it has not":   {func(m *domain.Module) { m.Operations[0].Leaves = "note.lost" }, aura.Invalid, "note.lost"},
		"two leave the same":          {func(m *domain.Module) { m.Operations[1].Internal, m.Operations[1].Leaves = false, "note.written" }, aura.Conflict, "note.written"},
		"an outcome without a state":  {func(m *domain.Module) { m.Operations[0].Outcome, m.NewState, m.Indexed = ended, nil, nil }, aura.Invalid, "note.write"},
		"it indexes what it has not":  {func(m *domain.Module) { m.Indexed = []string{"chat.*"} }, aura.Invalid, "chat.*"},
		"it indexes without a state":  {func(m *domain.Module) { m.NewState = nil }, aura.Invalid, "note.*"},
		"a view without a function":   {func(m *domain.Module) { m.Views[0].Show = nil }, aura.Conflict, "notes:all"},
		"a view of what there is not": {func(m *domain.Module) { m.Views[0].Follows = []string{"weather"} }, aura.Invalid, "weather"},
		"a question twice":            {func(m *domain.Module) { m.Questions = append(m.Questions, m.Questions[0]) }, aura.Conflict, "note.count"},
	} {
		m := notes()
		c.change(&m)
		if _, err := domain.NewSet(m); aura.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.item) {
			t.Errorf("%s: %v", name, err)
		}
	}
	thief := notes()
	thief.Name, thief.Kinds, thief.Capabilities = "thief", []fact.Kind{{Name: "note.stolen"}}, nil
	thief.Operations, thief.Views, thief.Questions = nil, nil, nil
	if _, err := domain.NewSet(notes(), thief); aura.KindOf(err) != aura.Conflict || !strings.Contains(err.Error(), "note.*") {
		t.Errorf("a module that folds the facts of another one: %v", err)
	}
	other := notes()
	other.Name, other.Kinds, other.Operations, other.Indexed = "others", nil, nil, nil
	if _, err := domain.NewSet(notes(), other); aura.KindOf(err) != aura.Conflict {
		t.Errorf("two modules with one capability: %v", err)
	}
}

func ended(domain.State, *fact.Fact) domain.Outcome {
	return domain.Outcome{Phase: domain.PhaseSucceeded}
}

func TestASetAnswersForItsModules(t *testing.T) {
	set, err := domain.NewSet(notes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"note:write", "notes:query"}, set.Profile(domain.ProfileOwner)); diff != "" {
		t.Errorf("the owner's profile (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"note.written"}, set.Outcomes()); diff != "" {
		t.Errorf("kinds of outcomes (-want +got):\n%s", diff)
	}
	if o, m, ok := set.Left("note.written"); !ok || o.Name != "note.write" || m.Name != "notes" {
		t.Errorf("note.written was left by %v of %v", o, m)
	}
	if _, _, ok := set.Left("note.erased"); ok {
		t.Error("a fact of the domain itself counts as an action of a person")
	}
	if !set.Registry().Intent("note.write") || set.Registry().Intent("note.sweep") {
		t.Error("intents are the operations that are not internal")
	}
	states := set.NewStates(aura.AuthorityID{1})
	states.Apply(&fact.Record{Fact: fact.Fact{Kind: "note.written"}})
	if got := domain.Get[*note](states).n; got != 1 {
		t.Errorf("the state has folded %d facts", got)
	}
}
