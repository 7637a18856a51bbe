import Testing

import Distributed
