package choreo

// Substitute replaces the free occurrences of the variable name in g by with. A binder in g that would
// capture a free variable of with is renamed (X becomes X_0, X_1, …).
func Substitute(g Global, name string, with Global) Global {
	s := substitution{name: name, with: with, free: FreeVars(with), memo: map[Global]Global{}}
	return s.apply(g)
}

type substitution struct {
	name string
	with Global
	free varSet
	memo map[Global]Global
}

func (s *substitution) apply(g Global) Global {
	if out, ok := s.memo[g]; ok {
		return out
	}
	out := g
	switch t := g.(type) {
	case GlobalVar:
		if t.Var == s.name {
			out = s.with
		}
	case *GlobalComm:
		branches := make([]GlobalBranch, len(t.Branches))
		changed := false
		for i, b := range t.Branches {
			branches[i] = GlobalBranch{Label: b.Label, Site: b.Site, Next: s.apply(b.Next)}
			changed = changed || branches[i].Next != b.Next
		}
		if changed {
			out = &GlobalComm{From: t.From, To: t.To, Branches: branches}
		}
	case *GlobalRec:
		out = s.under(t)
	}
	s.memo[g] = out
	return out
}

// under substitutes below a binder.
func (s *substitution) under(rec *GlobalRec) Global {
	if rec.Var == s.name {
		return rec // bound again: no occurrence below is free
	}
	inner := varSet(FreeVars(rec.Body))
	if !inner.has(s.name) {
		return rec
	}
	name, body := rec.Var, rec.Body
	if s.free.has(name) {
		name = fresh(name, func(v string) bool { return v == rec.Var || v == s.name || s.free.has(v) || inner.has(v) })
		body = Substitute(body, rec.Var, GlobalVar{name})
	}
	return &GlobalRec{Var: name, Body: s.apply(body)}
}

// Unfold replaces a leading binder by its body with the binder in place of its variable, once. Any other
// type is returned as it is.
func Unfold(g Global) Global {
	rec, ok := g.(*GlobalRec)
	if !ok {
		return g
	}
	return Substitute(rec.Body, rec.Var, rec)
}
