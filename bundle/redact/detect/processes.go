package detect

// This file deals with rows of lists of processes and of open files, whose titles may
// stand far above them or nowhere.

// processRow reads the account a row of ps begins with: "jdoe 2212 0.0 0.1 12345",
// "jdoe 2212 1 0 04:12 pts/0", and the one behind the number of a row of lsof.
func (s *Scanner) processRow(b []byte) {
	name := wordEnd(b, 0)
	if name > 32 || name < 2 {
		return
	}
	pid, at := numberField(b, name)
	if !pid {
		return
	}
	if cpu, next := numberField(b, at); cpu {
		s.psRow(b, name, at, next)
		return
	}
	s.lsofRow(b, at)
}

// numberField reads a field of digits behind spaces at a place and returns where it ends.
func numberField(b []byte, at int) (bool, int) {
	i := at
	for i < len(b) && b[i] == ' ' {
		i++
	}
	from := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return from > at && i > from && (i == len(b) || b[i] == ' ' || b[i] == '.'), i
}

// psRow wants two shares of a whole with a point behind the number of the process, or
// two more numbers and a time of day; at and next bound its third field.
func (s *Scanner) psRow(b []byte, name, at, next int) {
	shares := next+2 < len(b) && b[next] == '.' && isDigit(b[next+1]) && b[next+2] == ' '
	if shares {
		ok, end := numberField(b, next+2)
		shares = ok && end+1 < len(b) && b[end] == '.'
	} else if ok, end := numberField(b, next); ok {
		i := end
		for i < len(b) && b[i] == ' ' {
			i++
		}
		if i == end || i+5 >= len(b) || b[i+2] != ':' || !isDigit(b[i]) || !isDigit(b[i+4]) {
			return
		}
		shares = true
	}
	if shares && nameEnd(b, 0, name) == name {
		s.account(s.lo, s.lo+name)
	}
}

// lsofRow wants an account, then a file's number with how it is open, or a word for one
// without.
func (s *Scanner) lsofRow(b []byte, at int) {
	if at >= len(b) || b[at] != ' ' {
		return
	}
	from := at + leading(b[at:])
	if from == len(b) || class[b[from]]&fLetter == 0 {
		return
	}
	end := wordEnd(b, from)
	fd := end + leading(b[end:])
	w := b[fd:wordEnd(b, fd)]
	if end-from < 2 || len(w) < 2 || len(w) > 5 || nameEnd(b, from, end) != end {
		return
	}
	mode := w[len(w)-1]
	if !openFiles.hasBytes(w) && !(isDigit(w[0]) && isDigit(w[len(w)-2]) && (mode == 'u' || mode == 'r' || mode == 'w')) {
		return
	}
	s.account(s.lo+from, s.lo+end)
}

// openFiles stand where a file has no number.
var openFiles = set("cwd rtd txt mem del")
