"""Changes one thing in a dtrain file with h5py, and seals it anew, as somebody might who wants to fool the reader.

    edit_with_h5py.py FILE PATH INDEX VALUE    an element of a dataset
    edit_with_h5py.py FILE @NAME VALUE         an attribute of the root
    edit_with_h5py.py FILE +PATH VALUE         one dataset more
    edit_with_h5py.py FILE %PATH TYPE          a dataset of another type
    edit_with_h5py.py FILE 0PATH 0             an empty dataset of integers more
    edit_with_h5py.py FILE >PATH NEW           another name for a dataset
    edit_with_h5py.py FILE PATH@NAME VALUE     one attribute more
"""

import hashlib
import sys

import h5py

path, *what = sys.argv[1:]
with h5py.File(path, "r+") as file:
    if what[0].startswith("@"):
        name = what[0][1:]
        old = file.attrs[name]
        file.attrs.modify(name, what[1] if isinstance(old, str) else type(old)(what[1]))
    elif what[0].startswith("+"):
        file[what[0][1:]] = float(what[1])
    elif what[0].startswith("%"):
        values, attributes = file[what[0][1:]][()], dict(file[what[0][1:]].attrs)
        del file[what[0][1:]]
        file[what[0][1:]] = values.astype(what[1])
        for name in ("long_name", "units"):
            file[what[0][1:]].attrs[name] = attributes[name]
    elif what[0].startswith("0"):
        file.create_dataset(what[0][1:], (0,), "<i8", maxshape=(None,), chunks=(1,))
    elif what[0].startswith(">"):
        file.move(what[0][1:], what[1])
    elif "@" in what[0]:
        place, name = what[0].split("@")
        file[place].attrs[name] = what[1]
    else:
        dataset = file[what[0]]
        dataset[int(what[1])] = float(what[2])

with open(path, "rb") as file:
    seal, image = file.read(512), file.read()
lines = seal.rstrip(b"\0").decode().split("\n")
lines[1] = f"bytes {len(image)}"
lines[2] = f"sha256 {hashlib.sha256(image).hexdigest()}"
with open(path, "wb") as file:
    file.write("\n".join(lines).encode().ljust(512, b"\0") + image)
