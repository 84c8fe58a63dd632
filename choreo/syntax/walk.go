package syntax

// Bodies returns the blocks directly inside a statement, in the order of the text; nil for a plain one.
func Bodies(s Stmt) [][]Stmt {
	switch s := s.(type) {
	case *Choice:
		out := make([][]Stmt, len(s.Branches))
		for i, b := range s.Branches {
			out[i] = b.Body
		}
		return out
	case *Case:
		out := make([][]Stmt, len(s.Branches))
		for i, b := range s.Branches {
			out[i] = b.Body
		}
		return out
	case *Par:
		return s.Branches
	case *Loop:
		return [][]Stmt{s.Body}
	case *Rec:
		return [][]Stmt{s.Body}
	case *Let:
		return [][]Stmt{s.In}
	case *Timeout:
		return [][]Stmt{s.Body, s.OnTimeout, s.OnCancel}
	}
	return nil
}

// Walk calls f for every statement of list and of the blocks inside, in the order of the text.
func Walk(list []Stmt, f func(Stmt)) {
	for _, s := range list {
		f(s)
		for _, body := range Bodies(s) {
			Walk(body, f)
		}
	}
}
